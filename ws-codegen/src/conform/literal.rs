//! JSON values as literal types of TypeScript.

use serde_json::Value;

/// The type whose only value is `value`.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<_> = members
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), literal(value)))
                .collect();
            format!("{{ {} }}", members.join("; "))
        }
        // Strings of JSON are strings of TypeScript, and so are its numbers.
        scalar => scalar.to_string(),
    }
}
