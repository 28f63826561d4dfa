//! Limits that are declared with garde.

use garde::Validate;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
pub(crate) struct Lengths {
    #[garde(length(chars, min = 1, max = 5))]
    text: String,
    #[garde(length(max = 2))]
    list: Vec<u16>,
    #[garde(length(min = 2, max = 4), inner(length(chars, max = 3)))]
    texts: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
pub(crate) struct Ranges {
    #[garde(range(min = 1, max = 10))]
    small: u8,
    #[garde(range(min = -1.5, max = 1.5))]
    float: f64,
    #[garde(range(min = -3))]
    open: i32,
    #[garde(range(max = 9))]
    optional: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
pub(crate) struct Patterns {
    #[garde(pattern("^[a-z]+$"))]
    word: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
pub(crate) struct Deep {
    #[garde(dive)]
    inner: Lengths,
    #[garde(dive)]
    list: Vec<Ranges>,
}

keep!(
    "limits":
    Lengths, Ranges, Patterns, Deep,
);
