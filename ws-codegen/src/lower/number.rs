//! Integers, and which of them JavaScript holds.

use super::{Lowering, Origin};
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{IntegerFormat, Number, NumberLimits, Type};

/// 2^53 - 1: up to here, and from its negative, every integer is a JavaScript number of its own.
pub(super) const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

impl Lowering<'_> {
    /// An integer, if a JavaScript number holds every value of it.
    ///
    /// `JSON.parse` rounds longer integers without a word, so they are refused until the contract says how they travel.
    pub(super) fn integer(&mut self, schema: &Members, at: &Location<'_>) -> Type {
        let limits = self.number_limits(schema, at);
        let name = schema.get("format").and_then(Json::as_text);
        let format = name.and_then(narrow);
        if format.is_none() && !is_safe(&limits) {
            let problem = too_wide(name, at);
            let problem = match self.foreign() {
                Some(foreign) => foreign.advise(problem),
                None => advise(problem),
            };
            self.refuse(problem);
        }
        Type::Number(Number {
            integer: true,
            format,
            limits,
        })
    }
}

/// A type of the standard library with an integer in it that is too wide, and that nobody can mark there.
#[derive(Clone, Copy)]
enum Foreign {
    SystemTime,
    Duration,
}

impl Lowering<'_> {
    /// The type of the standard library that is being lowered.
    fn foreign(&self) -> Option<Foreign> {
        let Origin::Definition(id) = self.origin else {
            return None;
        };
        let found = self.found.get(id.0)?;
        let properties = found.schema.as_object()?.get("properties")?.as_object()?;
        let is = |fields: [&str; 2]| properties.iter().map(|(name, _)| name).eq(fields);
        match found.name {
            "SystemTime" if is(["secs_since_epoch", "nanos_since_epoch"]) => {
                Some(Foreign::SystemTime)
            }
            "Duration" if is(["secs", "nanos"]) => Some(Foreign::Duration),
            _ => None,
        }
    }
}

impl Foreign {
    /// Adds the ways out, all of which are elsewhere.
    fn advise(self, problem: Problem) -> Problem {
        match self {
            Foreign::SystemTime => problem
                .help("use `chrono::DateTime<Utc>` instead of `SystemTime`: RFC 3339 on the wire, a `string` in TypeScript, or a `Date` with `#[serde_as(as = \"JsDate\")]`")
                .help("or choose how the field that holds the `SystemTime` is serialized: `#[serde(with = \"…\")]`, and `#[schemars(with = \"…\")]` with a type of the same form"),
            Foreign::Duration => problem
                .help("`#[serde_as(as = \"Millis\")]` of `ws_core::adapter` on the field that holds the `Duration`: a number of milliseconds"),
        }
    }
}

fn narrow(format: &str) -> Option<IntegerFormat> {
    Some(match format {
        "int8" => IntegerFormat::Int8,
        "int16" => IntegerFormat::Int16,
        "int32" => IntegerFormat::Int32,
        "uint8" => IntegerFormat::Uint8,
        "uint16" => IntegerFormat::Uint16,
        "uint32" => IntegerFormat::Uint32,
        _ => return None,
    })
}

fn is_safe(limits: &NumberLimits) -> bool {
    let lower = limits.minimum.or(limits.exclusive_minimum);
    let upper = limits.maximum.or(limits.exclusive_maximum);
    lower.is_some_and(|lower| lower >= -MAX_SAFE_INTEGER)
        && upper.is_some_and(|upper| upper <= MAX_SAFE_INTEGER)
}

fn too_wide(format: Option<&str>, at: &Location<'_>) -> Problem {
    let what = match format {
        Some("int64") => "an `i64`".to_owned(),
        Some("uint64") => "a `u64`".to_owned(),
        Some("int") => "an `isize`".to_owned(),
        Some("uint") => "a `usize`".to_owned(),
        Some("int128") => "an `i128`".to_owned(),
        Some("uint128") => "a `u128`".to_owned(),
        Some(other) => format!("an integer of the format `{other}`"),
        None => "an integer of unknown size".to_owned(),
    };
    Problem::new(
        at,
        format!("{what} does not fit into a JavaScript number, which is exact only up to 2^53 - 1"),
    )
}

fn advise(problem: Problem) -> Problem {
    problem
    .help("`#[serde_as(as = \"IntString\")]` of `ws_core::adapter`: a decimal string on the wire, a `bigint` in TypeScript")
    .help("`#[serde_as(as = \"IntSafe\")]`, if it stays below 2^53: a `number`, checked by the server in both directions")
    .help("use an integer of at most 32 bits; for a `Duration`, `#[serde_as(as = \"Millis\")]`")
    .help("in a type of another crate, which cannot be annotated: use another type, or choose how the field that holds it is serialized: `#[serde(with = \"…\")]` and `#[schemars(with = \"…\")]`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_make_an_integer_safe() {
        let limits = |minimum, maximum| NumberLimits {
            minimum,
            maximum,
            ..NumberLimits::default()
        };
        assert!(is_safe(&limits(Some(0.0), Some(MAX_SAFE_INTEGER))));
        assert!(is_safe(&limits(Some(-MAX_SAFE_INTEGER), Some(0.0))));
        assert!(!is_safe(&limits(Some(0.0), None)));
        assert!(!is_safe(&limits(None, Some(0.0))));
        assert!(!is_safe(&limits(Some(0.0), Some(2f64.powi(53)))));
    }
}
