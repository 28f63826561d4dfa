//! Checks of numbers and strings.

use super::checks::Checks;
use crate::model::{Codec, IntegerFormat, Number, Text};
use crate::typescript::code::Code;
use crate::typescript::quote;

/// Patterns of integers as strings, which the check of their range implies.
const INTEGERS: [&str; 2] = ["^(0|-?[1-9][0-9]*)$", "^(0|[1-9][0-9]*)$"];

/// The pattern of base64, which has a check of its own.
const BASE64: &str =
    "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

impl Checks<'_> {
    pub(super) fn number(&self, number: &Number, value: &'static str) -> Code {
        let limits = &number.limits;
        let infinite = (f64::NEG_INFINITY, f64::INFINITY);
        let bounds = number.format.map_or(infinite, IntegerFormat::bounds);
        let least = limits
            .minimum
            .map_or(bounds.0, |minimum| bounds.0.max(minimum));
        let most = limits
            .maximum
            .map_or(bounds.1, |maximum| bounds.1.min(maximum));
        let it = vec![Code::word(value)];
        let mut checks = vec![match number.format {
            Some(format) if (least, most) == bounds => Code::kit(format_name(format), it),
            _ if number.integer => ranged("integer", it, f64::NEG_INFINITY, least, most),
            _ => ranged("number", it, f64::NEG_INFINITY, least, most),
        }];
        for (name, limit) in [
            ("above", limits.exclusive_minimum),
            ("below", limits.exclusive_maximum),
            ("multipleOf", limits.multiple_of),
            ("except", limits.except),
        ] {
            checks
                .extend(limit.map(|limit| Code::kit(name, [Code::word(value), js_number(limit)])));
        }
        Code::first(checks)
    }

    pub(super) fn text(&self, text: &Text, value: &'static str) -> Code {
        let limits = &text.limits;
        let pattern = limits.pattern.as_ref();
        let (coded, pattern) = match &text.codec {
            Some(Codec::BigInt(Some(range))) => {
                let range = [&range.least, &range.most].map(|it| Code::word(quote::string(it)));
                let arguments = [Code::word(value)].into_iter().chain(range);
                let more = pattern.filter(|pattern| !INTEGERS.contains(&pattern.as_str()));
                (Some(Code::kit("integerText", arguments)), more)
            }
            Some(Codec::Bytes) => {
                let more = pattern.filter(|pattern| *pattern != BASE64);
                (Some(Code::kit("base64", [Code::word(value)])), more)
            }
            _ => (None, pattern),
        };
        let format = match coded {
            Some(_) => None,
            None => text.format.as_deref().and_then(format_check),
        };
        let mut checks = Vec::new();
        let limited = limits.min_length.is_some() || limits.max_length.is_some();
        if limited || (format.is_none() && pattern.is_none() && coded.is_none()) {
            let (least, most) = bounds(limits.min_length, limits.max_length);
            checks.push(ranged("string", vec![Code::word(value)], 0.0, least, most));
        }
        checks.extend(coded);
        checks.extend(
            pattern
                .map(|pattern| Code::kit("matching", [Code::word(value), self.pattern(pattern)])),
        );
        checks.extend(format.map(|name| Code::kit(name, [Code::word(value)])));
        Code::first(checks)
    }
}

/// The function that checks all values of an integer type.
fn format_name(format: IntegerFormat) -> &'static str {
    match format {
        IntegerFormat::Int8 => "int8",
        IntegerFormat::Int16 => "int16",
        IntegerFormat::Int32 => "int32",
        IntegerFormat::Uint8 => "uint8",
        IntegerFormat::Uint16 => "uint16",
        IntegerFormat::Uint32 => "uint32",
    }
}

/// The functions that check what a format says. Other formats only describe.
fn format_check(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "dateTime",
        "partial-date-time" => "localDateTime",
        "date" => "date",
        "partial-time" => "localTime",
        "uuid" => "uuid",
        "uri" => "uri",
        "email" => "email",
        "ip" => "ip",
        "ipv4" => "ipv4",
        "ipv6" => "ipv6",
        _ => return None,
    })
}

/// A call with a range, as far as it says more than `lowest` and infinity.
pub(super) fn ranged(
    name: &'static str,
    mut arguments: Vec<Code>,
    lowest: f64,
    least: f64,
    most: f64,
) -> Code {
    if least > lowest || most < f64::INFINITY {
        arguments.push(js_number(least));
    }
    if most < f64::INFINITY {
        arguments.push(js_number(most));
    }
    Code::kit(name, arguments)
}

pub(super) fn bounds(least: Option<u64>, most: Option<u64>) -> (f64, f64) {
    // Exact: the contract's counts are below 2^53.
    (
        least.unwrap_or(0) as f64,
        most.map_or(f64::INFINITY, |most| most as f64),
    )
}

fn js_number(number: f64) -> Code {
    Code::word(match number {
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        // Written out, the end of an `f32` has 39 digits.
        large if large.abs() >= 1e21 => format!("{large:e}"),
        number => number.to_string(),
    })
}
