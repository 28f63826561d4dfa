use crate::run::Results;

/// todo
pub fn picture(_results: &Results) -> String {
    String::new()
}
