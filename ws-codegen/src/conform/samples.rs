//! The file of samples.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A sample, and what serde says about it.
#[derive(Debug, Deserialize)]
pub(super) struct Sample {
    pub(super) event: String,
    pub(super) from: String,
    pub(super) part: String,
    #[serde(default)]
    pub(super) mutation: Option<Mutation>,
    /// Where that was, as a JSON pointer.
    #[serde(default)]
    pub(super) place: Option<String>,
    data: Box<RawValue>,
    #[serde(default)]
    pub(super) serde: Option<bool>,
    #[serde(default)]
    pub(super) why: Option<String>,
}

/// How a sample was made from a valid value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mutation {
    Kind,
    Missing,
    Surplus,
    Value,
}

impl Sample {
    /// The value as JSON.
    pub(super) fn text(&self) -> &str {
        self.data.get()
    }

    pub(super) fn value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// The value as far as a line holds it.
    pub(super) fn shown(&self) -> String {
        short(self.text())
    }

    /// What stands at a place of the value, as far as a line holds it; `None` where nothing does.
    pub(super) fn shown_at(&self, place: &str) -> Option<String> {
        self.value()
            .pointer(place)
            .map(|part| short(&part.to_string()))
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(300).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Reads the file; the error is a sentence.
pub(super) fn read(text: &str) -> Result<Vec<Sample>, String> {
    serde_json::from_str(text).map_err(|error| format!("the samples cannot be read: {error}"))
}
