//! `x-ws-codec`: values that are something else in a program than on the wire.

use super::Lowering;
use super::keywords::Kind;
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{Codec, IntegerRange};

impl Lowering<'_> {
    /// How the strings of a schema are converted.
    pub(super) fn codec(&self, schema: &Members) -> Option<Codec> {
        let format = schema.get("format").and_then(Json::as_text);
        match schema.get("x-ws-codec")?.as_text()? {
            "bigint" => Some(Codec::BigInt(format.and_then(range))),
            "bytes" => Some(Codec::Bytes),
            "date" => Some(Codec::Date),
            _ => None,
        }
    }

    /// Refuses a codec that is not known, or that stands where it means nothing.
    pub(super) fn check_codec(
        &mut self,
        schema: &Members,
        kinds: Option<&[Kind]>,
        at: &Location<'_>,
    ) {
        let Some(codec) = schema.get("x-ws-codec") else {
            return;
        };
        let at = at.member("x-ws-codec");
        let is_date = schema.get("format").and_then(Json::as_text) == Some("date-time");
        let (kind, what) = match codec.as_text() {
            Some("bigint" | "bytes") => (Kind::String, "a schema of strings"),
            Some("date") if is_date => (Kind::String, "a schema of strings"),
            Some("date") => {
                let problem =
                    "the codec `date` is used in a schema whose format is not `date-time`";
                let help = "use `JsDate` for a type that serializes as RFC 3339 with an offset, such as `chrono::DateTime<Utc>`";
                self.refuse(Problem::new(at, problem).help(help));
                return;
            }
            Some("numbers") => (Kind::Array, "a schema of arrays"),
            _ => {
                let problem = format!("the codec {codec} is unknown");
                self.refuse(
                    Problem::new(at, problem).help(
                        "use the ws-codegen of the same release as the ws-core of the server",
                    ),
                );
                return;
            }
        };
        let fits = |kinds: &[Kind]| {
            kinds.contains(&kind) && kinds.iter().all(|it| *it == kind || *it == Kind::Null)
        };
        if !kinds.is_some_and(fits) || schema.get("enum").is_some() || schema.get("const").is_some()
        {
            let problem = format!("the codec {codec} must be used in {what}");
            self.refuse(Problem::new(at, problem));
        }
    }
}

/// The integers of a type.
fn range(format: &str) -> Option<IntegerRange> {
    fn of(least: impl Into<i128>, most: impl Into<i128>) -> Option<IntegerRange> {
        Some(IntegerRange {
            least: least.into().to_string(),
            most: most.into().to_string(),
        })
    }
    match format {
        "int8" => of(i8::MIN, i8::MAX),
        "int16" => of(i16::MIN, i16::MAX),
        "int32" => of(i32::MIN, i32::MAX),
        "int64" => of(i64::MIN, i64::MAX),
        "int128" => of(i128::MIN, i128::MAX),
        "uint8" => of(u8::MIN, u8::MAX),
        "uint16" => of(u16::MIN, u16::MAX),
        "uint32" => of(u32::MIN, u32::MAX),
        "uint64" => of(u64::MIN, u64::MAX),
        "uint128" => Some(IntegerRange {
            least: u128::MIN.to_string(),
            most: u128::MAX.to_string(),
        }),
        _ => None,
    }
}
