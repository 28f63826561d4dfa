//! What a schema says to people.

use crate::contract::{Json, Members};
use crate::model::Docs;

/// Reads the annotations of a schema. Its `title` is left out: it repeats the name of a type.
pub(super) fn read(schema: &Members) -> Docs {
    let text = schema.get("description").and_then(Json::as_text);
    Docs {
        text: text.unwrap_or("").trim().to_owned(),
        deprecated: schema.get("deprecated") == Some(&Json::Boolean(true)),
        default: schema.get("default").map(Json::to_string),
    }
}
