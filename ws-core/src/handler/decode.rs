//! From `data` to a payload: parsed once where it is valid, and a second time only to say where it is not.

use schemars::generate::{Contract, SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::event::{SchemaOf, Violation};

/// The place of the whole payload.
const NOWHERE: [&str; 0] = [];

/// Whether the contract says that a payload is an object. serde would also accept an array, with its members in the order of the
/// fields, and so make that order part of the contract.
pub(super) fn is_object(payload: SchemaOf) -> bool {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.contract = Contract::Deserialize)
        .into_generator();
    let schema = payload(&mut generator);
    let name = schema.get("$ref").and_then(Value::as_str);
    let defined = name
        .and_then(|name| name.strip_prefix("#/$defs/"))
        .and_then(|name| generator.definitions().get(name));
    let kind = defined.map_or_else(|| schema.get("type"), |defined| defined.get("type"));
    kind.is_some_and(|kind| kind == "object")
}

/// Decodes a payload and checks the limits that its type declares.
pub(crate) fn decode<P: DeserializeOwned>(
    data: &str,
    is_object: bool,
    violation: fn(&P) -> Option<Violation>,
) -> Result<P, Violation> {
    if is_object && !data.trim_ascii_start().starts_with('{') {
        return Err(Violation::at(NOWHERE, "expected an object"));
    }
    let payload = serde_json::from_str(data).map_err(|error| locate::<P>(data, &error))?;
    match violation(&payload) {
        None => Ok(payload),
        Some(violation) => Err(as_received(&violation, data)),
    }
}

/// Parses again, this time keeping the path, which costs several times as much.
fn locate<P: DeserializeOwned>(data: &str, error: &serde_json::Error) -> Violation {
    let mut deserializer = serde_json::Deserializer::from_str(data);
    match serde_path_to_error::deserialize::<_, P>(&mut deserializer) {
        Err(located) => {
            let segments = located.path().iter().filter_map(segment);
            Violation::at(segments, located.inner().to_string())
        }
        // Only what follows the value can be wrong.
        Ok(_) => Violation::at(NOWHERE, error.to_string()),
    }
}

fn segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } | Segment::Enum { variant: key } => Some(key.clone()),
        Segment::Unknown => None,
    }
}

/// Finds the names under which fields have arrived. Limits are checked on the fields of Rust, whose names serde may have changed;
/// they are found as long as both names have the same words. The derive could see other names in the payload type itself, but not
/// in the types of its fields, so that would be right only sometimes.
fn as_received(violation: &Violation, data: &str) -> Violation {
    let root: Value = serde_json::from_str(data).unwrap_or_default();
    let mut value = Some(&root);
    let segments = violation.segments().map(|field| {
        // As Rust writes a field whose name is one of its keywords.
        let field = field
            .strip_prefix("r#")
            .map_or(field.clone(), str::to_owned);
        let received = match value {
            Some(Value::Object(members)) if !members.contains_key(&field) => {
                let same = members.keys().find(|key| same_words(key, &field));
                same.cloned().unwrap_or(field)
            }
            _ => field,
        };
        value = match value {
            Some(Value::Object(members)) => members.get(&received),
            Some(Value::Array(items)) => received
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            _ => None,
        };
        received
    });
    Violation::at(segments.collect::<Vec<_>>(), violation.message.as_str())
}

/// Whether two names differ only in case and in what joins their words, as `sentAt` and `sent_at` do.
fn same_words(left: &str, right: &str) -> bool {
    let letters = |name: &str| -> String {
        name.chars()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    left == right || letters(left) == letters(right)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outer {
        #[expect(dead_code, reason = "only its decoding is looked at")]
        inner_list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its decoding is looked at")]
        text: String,
    }

    fn pointer(data: &str) -> String {
        decode::<Outer>(data, false, |_| None).unwrap_err().pointer
    }

    #[test]
    fn a_payload_that_does_not_fit_is_located_by_a_json_pointer() {
        assert_eq!(
            pointer(r#"{"innerList":[{"text":"a"},{"text":7}]}"#),
            "/innerList/1/text"
        );
        assert_eq!(
            pointer(r#"{"innerList":[{"text":"a","other":1}]}"#),
            "/innerList/0/other"
        );
        assert_eq!(pointer(r#"{"innerList":7}"#), "/innerList");
        assert_eq!(pointer("{}"), "");
        assert_eq!(pointer("7"), "");
    }

    #[test]
    fn an_array_is_not_taken_for_an_object() {
        #[derive(Deserialize, schemars::JsonSchema)]
        struct Say {
            #[expect(dead_code, reason = "only its decoding is looked at")]
            text: String,
        }
        assert!(is_object(|generator| generator.subschema_for::<Say>()));
        assert!(!is_object(|generator| generator.subschema_for::<(u8, u8)>()));
        assert!(!is_object(
            |generator| generator.subschema_for::<Option<Say>>()
        ));
        assert!(decode::<Say>(r#"["a"]"#, true, |_| None).is_err());
        assert!(decode::<Say>(r#" {"text":"a"}"#, true, |_| None).is_ok());
    }

    #[test]
    fn nesting_without_end_is_a_violation_and_not_a_stack_overflow() {
        let data = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        assert!(
            decode::<Value>(&data, false, |_| None)
                .unwrap_err()
                .message
                .contains("recursion limit")
        );
    }

    #[test]
    fn a_broken_limit_is_located_under_the_name_that_arrived() {
        for (field, data, pointer) in [
            (
                "/inner_list/0/text",
                r#"{"innerList":[{"text":"…"}]}"#,
                "/innerList/0/text",
            ),
            ("/a~1b", r#"{"a/b":"…"}"#, "/a~1b"),
            ("/text", r#"{"Text":"another","text":"…"}"#, "/text"),
            ("/r#in/r#type", r#"{"in":{"type":"…"}}"#, "/in/type"),
            // A name of other words, `#[serde(rename = "q")]`, is known to serde alone.
            ("/query", r#"{"q":"…"}"#, "/query"),
        ] {
            let violation = Violation {
                pointer: field.to_owned(),
                message: "too long".to_owned(),
            };
            assert_eq!(as_received(&violation, data).pointer, pointer);
        }
    }
}
