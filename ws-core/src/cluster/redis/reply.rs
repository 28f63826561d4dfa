//! Reading what Redis answers.

use redis::Value;

use super::lease::NodeName;
use crate::protocol::Position;

pub(super) fn array(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(values) | Value::Set(values) => Some(values),
        Value::Map(pairs) => Some(
            pairs
                .into_iter()
                .flat_map(|(key, value)| [key, value])
                .collect(),
        ),
        Value::Nil => Some(Vec::new()),
        _ => None,
    }
}

pub(super) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}

pub(super) fn text(value: Value) -> Option<String> {
    match value {
        Value::VerbatimString { text, .. } => Some(text),
        value => String::from_utf8(bytes(value)?).ok(),
    }
}

pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
        _ => None,
    }
}

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
        _ => None,
    }
}

/// A position, as the ids of a log's entries are written.
pub(super) fn position(text: &[u8]) -> Option<Position> {
    let (seq, mark) = std::str::from_utf8(text).ok()?.split_once('-')?;
    Some(Position {
        seq: seq.parse().ok()?,
        mark: mark.parse().ok()?,
    })
}

/// The names of nodes.
pub(super) fn nodes(value: Value) -> Option<Vec<NodeName>> {
    let names = array(value)?.into_iter();
    Some(
        names
            .filter_map(|name| NodeName::parse(&text(name)?))
            .collect(),
    )
}
