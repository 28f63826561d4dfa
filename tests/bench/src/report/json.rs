use crate::run::Results;

/// The results with every round's figures, to be read by programs and compared later.
///
/// # Errors
///
/// Where a figure is none.
pub fn json(results: &Results) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(results)? + "\n")
}
