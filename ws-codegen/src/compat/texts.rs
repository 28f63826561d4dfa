//! Strings: their lengths, patterns and forms, and constants.

use std::collections::HashSet;

use super::Rule;
use super::difference::Clash;
use super::forms::Forms;
use super::lengths::Lengths;
use super::walk::Walk;
use crate::model::{Codec, IntegerRange, Text};

impl<'m> Walk<'m> {
    pub(super) fn texts(&mut self, old: &Forms<'m>, new: &Forms<'m>, at: &str) {
        match (old.texts.as_slice(), new.texts.as_slice()) {
            ([], []) => {}
            ([old], [new]) => self.text(old, new, at),
            (old, new) if old == new => {}
            (_, []) => {
                let clash = Clash::new("may send other strings", "does not know");
                let what = "only the constants are allowed now";
                self.report(Rule::EnumClosed, at, what, Some(clash), None);
            }
            ([], _) => {
                let clash = Clash::new("may send other strings", "does not know");
                self.report(
                    Rule::EnumOpened,
                    at,
                    "other strings are now allowed",
                    None,
                    Some(clash),
                );
            }
            _ => self.undecided(at, "several kinds of strings have changed"),
        }
        let before: HashSet<_> = old.words.iter().copied().collect();
        let after: HashSet<_> = new.words.iter().copied().collect();
        for word in old.words.iter().filter(|word| !after.contains(*word)) {
            let fits = new.texts.iter().any(|text| holds(text, word));
            self.word(true, fits, word, at);
        }
        for word in new.words.iter().filter(|word| !before.contains(*word)) {
            let fits = old.texts.iter().any(|text| holds(text, word));
            self.word(fits, true, word, at);
        }
    }

    /// A constant that comes or goes, which may fit the other side as any string does.
    fn word(&mut self, old: bool, new: bool, word: &str, at: &str) {
        if old && new {
            return;
        }
        self.constant(old, new, &serde_json::Value::from(word).to_string(), at);
    }

    fn text(&mut self, old: &Text, new: &Text, at: &str) {
        self.text_lengths(old, new, at);
        let (before, after) = (Form::of(old), Form::of(new));
        if before != after {
            self.form(&before, &after, at);
        } else if old.codec != new.codec && !(is_bigint(old) && is_bigint(new)) {
            let what = "the same string is another type in a program";
            self.report(Rule::CodecChanged, at, what, None, None);
        }
        if let (Some(one), Some(other)) = (range(old), range(new)) {
            self.integer_texts(one, other, at);
            return;
        }
        // A form that only one side demands, and that comes with a pattern, is told once.
        let patterns = (&old.limits.pattern, &new.limits.pattern);
        match patterns {
            (None, Some(_)) if before == Form::Any && after != Form::Any => {}
            (Some(_), None) if before != Form::Any && after == Form::Any => {}
            (before, after) => self.pattern(before.as_deref(), after.as_deref(), at),
        }
    }

    fn text_lengths(&mut self, old: &Text, new: &Text, at: &str) {
        let before = Lengths::new(old.limits.min_length, old.limits.max_length, "characters");
        let after = Lengths::new(new.limits.min_length, new.limits.max_length, "characters");
        let rules = (Rule::LengthNarrowed, Rule::LengthWidened);
        self.lengths(&before, &after, "strings of", rules, at);
    }

    fn pattern(&mut self, old: Option<&str>, new: Option<&str>, at: &str) {
        if old == new {
            return;
        }
        let clash = |taken: Option<&str>| {
            let taken = taken?;
            let receives = format!("refuses unless they match `{taken}`");
            Some(Clash::new("may send strings", receives))
        };
        let what = match (old, new) {
            (_, None) => "no pattern has to match any more".to_owned(),
            (_, Some(new)) => format!("strings must match `{new}`"),
        };
        self.report(Rule::PatternChanged, at, what, clash(new), clash(old));
    }

    fn form(&mut self, old: &Form<'_>, new: &Form<'_>, at: &str) {
        let clash = |sent: &Form<'_>, taken: &Form<'_>| {
            (*taken != Form::Any).then(|| {
                Clash::new(
                    format!("sends {}", sent.name()),
                    format!("does not accept: it expects {}", taken.name()),
                )
            })
        };
        let what = format!("it is now {}, no longer {}", new.name(), old.name());
        self.report(
            Rule::FormatChanged,
            at,
            what,
            clash(old, new),
            clash(new, old),
        );
    }

    /// Integers in decimal, which the server's adapters write in one way only.
    fn integer_texts(&mut self, old: &IntegerRange, new: &IntegerRange, at: &str) {
        let clash = |sent: &IntegerRange, taken: &IntegerRange| {
            Clash::new(
                format!("may send integers from {} to {}", sent.least, sent.most),
                format!(
                    "does not accept: it accepts those from {} to {}",
                    taken.least, taken.most
                ),
            )
        };
        let what = format!("integers from {} to {} are allowed", new.least, new.most);
        if !within(old, new) {
            let clash = clash(old, new);
            self.report(Rule::RangeNarrowed, at, what.clone(), Some(clash), None);
        }
        if !within(new, old) {
            let clash = clash(new, old);
            self.report(Rule::RangeWidened, at, what, None, Some(clash));
        }
    }
}

/// In which form a string is written.
#[derive(Debug, PartialEq)]
enum Form<'m> {
    Any,
    Integer,
    Base64,
    Format(&'m str),
}

impl<'m> Form<'m> {
    fn of(text: &'m Text) -> Self {
        match (&text.codec, &text.format) {
            (Some(Codec::BigInt(_)), _) => Form::Integer,
            (Some(Codec::Bytes), _) => Form::Base64,
            (_, Some(format)) => Form::Format(format),
            (_, None) => Form::Any,
        }
    }

    fn name(&self) -> String {
        match self {
            Form::Any => "any string".to_owned(),
            Form::Integer => "an integer in decimal".to_owned(),
            Form::Base64 => "bytes in base64".to_owned(),
            Form::Format(format) => format!("a string of the format `{format}`"),
        }
    }
}

fn is_bigint(text: &Text) -> bool {
    matches!(text.codec, Some(Codec::BigInt(_)))
}

/// The patterns of `IntString`. What matches them is decided by the range.
const DECIMAL: [&str; 2] = ["^(0|[1-9][0-9]*)$", "^(0|-?[1-9][0-9]*)$"];

/// The integers that a string may be, where nothing else is asked of it.
fn range(text: &Text) -> Option<&IntegerRange> {
    match (&text.codec, text.limits.pattern.as_deref()) {
        (Some(Codec::BigInt(Some(range))), Some(pattern)) if DECIMAL.contains(&pattern) => {
            Some(range)
        }
        _ => None,
    }
}

fn within(one: &IntegerRange, other: &IntegerRange) -> bool {
    /// A decimal as what can be compared: negative ones by their size, the other way round.
    fn at_least(one: &str, other: &str) -> bool {
        let size = |text: &str| (text.len(), text.to_owned());
        match (one.strip_prefix('-'), other.strip_prefix('-')) {
            (None, None) => size(one) >= size(other),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(one), Some(other)) => size(one) <= size(other),
        }
    }
    at_least(&one.least, &other.least) && at_least(&other.most, &one.most)
}

/// Whether a constant is a value of a type of strings, as far as can be told.
fn holds(text: &Text, word: &str) -> bool {
    let length = word.chars().count() as u64;
    let limits = &text.limits;
    let matches = |pattern: &String| {
        let pattern = regress::Regex::with_flags(pattern, "u");
        pattern.is_ok_and(|pattern| pattern.find(word).is_some())
    };
    Form::of(text) == Form::Any
        && limits.min_length.is_none_or(|least| length >= least)
        && limits.max_length.is_none_or(|most| length <= most)
        && limits.pattern.as_ref().is_none_or(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_compared_by_value() {
        let range = |least: &str, most: &str| IntegerRange {
            least: least.to_owned(),
            most: most.to_owned(),
        };
        assert!(within(&range("0", "255"), &range("-128", "1000")));
        assert!(within(&range("-5", "-1"), &range("-10", "0")));
        assert!(!within(&range("-11", "-1"), &range("-10", "0")));
        assert!(!within(&range("0", "1000"), &range("0", "999")));
    }
}
