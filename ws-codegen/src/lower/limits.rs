//! Limits of numbers, strings, arrays and objects.

use super::Lowering;
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{ArrayLimits, NumberLimits, ObjectLimits, TextLimits};

/// The longest regular expression, in bytes. Its parser needs stack for every parenthesis.
const LONGEST_PATTERN: usize = 1_000;

impl Lowering<'_> {
    pub(super) fn number_limits(&mut self, schema: &Members, at: &Location<'_>) -> NumberLimits {
        NumberLimits {
            minimum: self.bound(schema, "minimum", at),
            maximum: self.bound(schema, "maximum", at),
            exclusive_minimum: self.bound(schema, "exclusiveMinimum", at),
            exclusive_maximum: self.bound(schema, "exclusiveMaximum", at),
            multiple_of: self.bound(schema, "multipleOf", at),
            except: excepted(schema),
        }
    }

    pub(super) fn text_limits(&mut self, schema: &Members, at: &Location<'_>) -> TextLimits {
        TextLimits {
            min_length: self.count(schema, "minLength", at),
            max_length: self.count(schema, "maxLength", at),
            pattern: self.pattern(schema, at),
        }
    }

    pub(super) fn array_limits(&mut self, schema: &Members, at: &Location<'_>) -> ArrayLimits {
        ArrayLimits {
            min_items: self.count(schema, "minItems", at),
            max_items: self.count(schema, "maxItems", at),
            unique: self.switch(schema, "uniqueItems", at),
        }
    }

    pub(super) fn object_limits(&mut self, schema: &Members, at: &Location<'_>) -> ObjectLimits {
        ObjectLimits {
            min_properties: self.count(schema, "minProperties", at),
            max_properties: self.count(schema, "maxProperties", at),
        }
    }

    fn bound(&mut self, schema: &Members, keyword: &str, at: &Location<'_>) -> Option<f64> {
        let value = schema.get(keyword)?;
        let number = value.as_number();
        if number.is_none() {
            self.refuse_limit(keyword, "a number", value, at);
        }
        number
    }

    fn count(&mut self, schema: &Members, keyword: &str, at: &Location<'_>) -> Option<u64> {
        let value = schema.get(keyword)?;
        match value.as_number() {
            // The cast is exact: the number is whole and below 2^53.
            Some(number) if number >= 0.0 && number.fract() == 0.0 && number < 2f64.powi(53) => {
                Some(number as u64)
            }
            _ => {
                self.refuse_limit(keyword, "a whole number that is not negative", value, at);
                None
            }
        }
    }

    fn pattern(&mut self, schema: &Members, at: &Location<'_>) -> Option<String> {
        let value = schema.get("pattern")?;
        let Some(pattern) = value.as_text() else {
            self.refuse_limit("pattern", "a string", value, at);
            return None;
        };
        self.check_pattern(pattern, &at.member("pattern"));
        Some(pattern.to_owned())
    }

    /// Refuses a regular expression that JavaScript does not understand.
    ///
    /// JSON Schema asks for ECMA-262, and schemars passes on what the application wrote for Rust's `regex`.
    pub(super) fn check_pattern(&mut self, pattern: &str, at: &Location<'_>) {
        let why = if pattern.len() > LONGEST_PATTERN {
            format!("it is longer than {LONGEST_PATTERN} bytes")
        } else {
            match regress::Regex::with_flags(pattern, "u") {
                Ok(_) => return,
                Err(error) => error.text,
            }
        };
        let problem = format!("the regular expression is not one of JavaScript: {why}");
        let help =
            "write it so that both Rust and JavaScript understand it, or check it in the handler";
        self.refuse(Problem::new(at, problem).help(help));
    }

    fn switch(&mut self, schema: &Members, keyword: &str, at: &Location<'_>) -> bool {
        match schema.get(keyword) {
            None | Some(Json::Boolean(false)) => false,
            Some(Json::Boolean(true)) => true,
            Some(other) => {
                self.refuse_limit(keyword, "a boolean", other, at);
                false
            }
        }
    }

    fn refuse_limit(&mut self, keyword: &str, expected: &str, found: &Json, at: &Location<'_>) {
        let problem = format!("`{keyword}` must be {expected}, but is {found}");
        self.refuse(Problem::new(at.member(keyword), problem));
    }
}

/// The number in `"not": { "const": 0 }`, beside a type of numbers.
pub(super) fn excepted(schema: &Members) -> Option<f64> {
    let excepted = schema.get("not")?.as_object()?;
    let of_numbers = ["integer", "number"].map(|kind| Json::Text(kind.to_owned()));
    let alone = excepted.iter().count() == 1
        && schema.get("type").is_some_and(|it| of_numbers.contains(it));
    excepted.get("const")?.as_number().filter(|_| alone)
}
