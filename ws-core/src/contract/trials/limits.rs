//! Limits: what garde checks, and what the schema says of it.

use serde_json::{Map, Value, json};

use super::{Trial, Whole, at};

/// The longest text that is tried: two of these would not fit a message of the usual size.
const LONGEST: u64 = 70_000;

/// The longest list that is tried where the schema names no limit.
const LONGEST_LIST: u64 = 1_000;

/// A value on one side of a limit.
struct Case {
    value: Value,
    /// Whether it keeps what the schema says.
    keeps: bool,
    /// Whether all ways to count its length come to the same.
    plain: bool,
}

impl Trial<'_> {
    /// Tries both sides of every limit of a place, or whether there is none, where the schema names none.
    pub(super) fn limit(
        &mut self,
        kind: &str,
        members: &Map<String, Value>,
        path: &str,
        whole: Whole<'_>,
    ) {
        // Where nothing is taken, something else is wrong.
        let taken = |value: &Value| self.verdict(&whole(value.clone())).is_ok();
        let values: Vec<Value> = self.values(members).into_iter().filter(taken).collect();
        let item = values.iter().find_map(|value| value.get(0));
        if values.is_empty() {
            return;
        }
        let cases = match kind {
            "string" => texts(members),
            "array" if !members.contains_key("prefixItems") => lists(members, item),
            "integer" | "number" => numbers(members),
            _ => Vec::new(),
        };
        for Case {
            value,
            keeps,
            plain,
        } in cases
        {
            let place = format!("{}{}", self.place, at(path));
            let problem = match self.verdict(&whole(value)) {
                Err(reason) if keeps && plain && is_limit(&reason) => format!(
                    "{place} has a limit that is missing from its schema ({reason}); declare it on the field itself: `inner` \
                     does not reach into an `Option`, and the limit of a field does not reach into a separate type"
                ),
                Ok(()) if !keeps && plain => format!(
                    "{place} has a limit in its schema that nothing checks; declare it with garde, and write \
                     `#[garde(dive)]` on the fields that lead to it"
                ),
                Err(reason) if keeps && is_limit(&reason) => counted_otherwise(&place),
                Ok(()) if !keeps => counted_otherwise(&place),
                _ => continue,
            };
            self.problems.push(problem);
            return;
        }
    }
}

fn counted_otherwise(place: &str) -> String {
    format!(
        "the length of {place} is not counted in characters, as its schema requires; write \
         `length(chars, …)`: without `chars`, garde counts bytes"
    )
}

/// Whether a value was refused because of a length or a range, as garde words it.
fn is_limit(reason: &str) -> bool {
    reason.contains("lower than ") || reason.contains("greater than ")
}

/// Texts of the lengths at which something could end; those that are plain come first.
fn texts(members: &Map<String, Value>) -> Vec<Case> {
    let (lengths, keeps) = lengths(members, ["minLength", "maxLength"], LONGEST);
    let text = |plain: bool, text: fn(usize) -> String| {
        // Any unit counts as many as there are, where there is no limit.
        let lengths = lengths
            .iter()
            .filter(move |length| plain || **length < LONGEST);
        lengths.map(move |length| Case {
            value: text(*length as usize).into(),
            keeps: keeps(*length),
            plain,
        })
    };
    let plain = text(true, |length| "a".repeat(length));
    // Four bytes and two units of UTF-16 each.
    let wide = text(false, |length| "😀".repeat(length));
    // A single letter with accents.
    let joined = text(false, |length| {
        let accents = "\u{301}".repeat(length.saturating_sub(1));
        if length == 0 {
            accents
        } else {
            format!("a{accents}")
        }
    });
    plain.chain(wide).chain(joined).collect()
}

/// Lists of the lengths at which something could end.
fn lists(members: &Map<String, Value>, item: Option<&Value>) -> Vec<Case> {
    let (lengths, keeps) = lengths(members, ["minItems", "maxItems"], LONGEST_LIST);
    let lengths = lengths.into_iter();
    let lists = lengths.filter_map(|length| {
        let items = match item {
            Some(item) => vec![item.clone(); length as usize],
            None if length == 0 => Vec::new(),
            None => return None,
        };
        Some(Case {
            value: items.into(),
            keeps: keeps(length),
            plain: true,
        })
    });
    lists.collect()
}

/// The lengths around the limits that a schema names, and which of them it takes.
fn lengths(
    members: &Map<String, Value>,
    [least, most]: [&str; 2],
    longest: u64,
) -> (Vec<u64>, impl Fn(u64) -> bool + Copy) {
    let limit = |keyword: &str| members.get(keyword).and_then(Value::as_u64);
    let (least, most) = (limit(least).unwrap_or(0), limit(most));
    let around = [
        Some(0),
        least.checked_sub(1),
        Some(least),
        most,
        most.map(|most| most + 1),
    ];
    let mut lengths: Vec<u64> = around.into_iter().flatten().collect();
    lengths.extend(most.is_none().then_some(longest));
    lengths.retain(|length| *length <= LONGEST);
    lengths.sort_unstable();
    lengths.dedup();
    let keeps = move |length| length >= least && most.is_none_or(|most| length <= most);
    (lengths, keeps)
}

/// The ends of a range, and what is beyond them.
fn numbers(members: &Map<String, Value>) -> Vec<Case> {
    let limit = |keyword: &str| members.get(keyword).and_then(Value::as_f64);
    let above = |number: f64| {
        limit("minimum").is_none_or(|least| number >= least)
            && limit("exclusiveMinimum").is_none_or(|least| number > least)
    };
    let below = |number: f64| {
        limit("maximum").is_none_or(|most| number <= most)
            && limit("exclusiveMaximum").is_none_or(|most| number < most)
    };
    let is_integer = members.get("type").is_some_and(|kind| kind == "integer");
    let step = if is_integer { 1.0 } else { 0.5 };
    let ends = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"];
    let ends = ends.into_iter().filter_map(limit);
    let mut numbers: Vec<f64> = ends.flat_map(|end| [end - step, end, end + step]).collect();
    numbers.extend([-1e6, 0.0, 1e6]);
    // What a float does not tell apart cannot be tried.
    numbers.retain(|number| number.abs() < 9e15);
    let cases = numbers.into_iter().map(|number| Case {
        value: if is_integer {
            json!(number as i64)
        } else {
            json!(number)
        },
        keeps: above(number) && below(number),
        plain: true,
    });
    cases.collect()
}
