//! Where a sample is invalid, and why.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// The first thing that a judge finds wrong with a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where in the sample: a JSON pointer (RFC 6901).
    pub(super) place: String,
    pub(super) why: String,
}

impl Fault {
    /// What a validator of JSON Schema finds wrong; `None` where the value is valid.
    pub(super) fn of_schema(validator: &Validator, value: &Value) -> Option<Self> {
        if validator.is_valid(value) {
            return None;
        }
        let error = validator.iter_errors(value).next();
        Some(match &error {
            Some(error) => Self::deepest(error),
            None => Self {
                place: String::new(),
                why: "does not fit".to_owned(),
            },
        })
    }

    /// Of alternatives, the one that fits best says where: it fails deepest inside.
    fn deepest(error: &ValidationError<'_>) -> Self {
        let own = Self {
            place: error.instance_path().as_str().to_owned(),
            why: error.masked().to_string(),
        };
        let alternatives = match error.kind() {
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => context.as_slice(),
            _ => &[],
        };
        let inside = alternatives.iter().flatten().map(Self::deepest);
        // The first of those that are equally deep.
        inside.fold(own, |deepest, fault| {
            if fault.depth() > deepest.depth() {
                fault
            } else {
                deepest
            }
        })
    }

    fn depth(&self) -> usize {
        self.place.matches('/').count()
    }
}
