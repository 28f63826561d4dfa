//! Numbers: their ranges, and constants.

use super::Rule;
use super::difference::Clash;
use super::forms::Forms;
use super::walk::Walk;
use crate::model::Number;

impl<'m> Walk<'m> {
    pub(super) fn numbers(&mut self, old: &Forms<'m>, new: &Forms<'m>, at: &str) {
        let fits = |number: f64, forms: &Forms<'_>| {
            let general = forms.numbers.iter().any(|it| holds(it, number));
            general || forms.constants.contains(&number)
        };
        match (old.numbers.as_slice(), new.numbers.as_slice()) {
            ([], []) => {}
            ([old], [new]) => self.number(old, new, at),
            (old, new) if old == new => {}
            (_, []) => {
                let clash = Clash::new("may send other numbers", "does not accept");
                let what = "only the constants are allowed now";
                self.report(Rule::EnumClosed, at, what, Some(clash), None);
            }
            ([], _) => {
                let clash = Clash::new("may send other numbers", "does not accept");
                let what = "other numbers are now allowed";
                self.report(Rule::EnumOpened, at, what, None, Some(clash));
            }
            _ => self.undecided(at, "several ranges of numbers have changed"),
        }
        for number in &old.constants {
            if !new.constants.contains(number) {
                self.constant(true, fits(*number, new), &number.to_string(), at);
            }
        }
        for number in &new.constants {
            if !old.constants.contains(number) {
                self.constant(fits(*number, old), true, &number.to_string(), at);
            }
        }
    }

    fn number(&mut self, old: &Number, new: &Number, at: &str) {
        let fractions = || Clash::new("may send fractions", "does not accept");
        match (old.integer, new.integer) {
            (false, true) => {
                let what = "fractions are no longer allowed";
                self.report(Rule::NumberMadeInteger, at, what, Some(fractions()), None);
            }
            (true, false) => {
                let what = "fractions are now allowed";
                self.report(Rule::IntegerMadeNumber, at, what, None, Some(fractions()));
            }
            _ => {}
        }
        let (before, after) = (Range::of(old), Range::of(new));
        let clash = |sent: &Range, taken: &Range| {
            Clash::new(
                format!("may send numbers {sent}"),
                format!("does not accept: it accepts those {taken}"),
            )
        };
        if !before.within(&after) {
            let what = format!("numbers {after} are allowed, no longer {before}");
            let clash = clash(&before, &after);
            self.report(Rule::RangeNarrowed, at, what, Some(clash), None);
        }
        if !after.within(&before) {
            let what = format!("numbers {after} are allowed, not only {before}");
            let clash = clash(&after, &before);
            self.report(Rule::RangeWidened, at, what, None, Some(clash));
        }
    }
}

/// Which numbers fit.
struct Range {
    integer: bool,
    /// The least, and whether it does not fit itself.
    least: Option<(f64, bool)>,
    most: Option<(f64, bool)>,
    multiple_of: Option<f64>,
    except: Option<f64>,
}

impl Range {
    fn of(number: &Number) -> Self {
        let limits = &number.limits;
        let format = number.format.map(|format| format.bounds());
        let lower = [
            limits.minimum.map(|it| (it, false)),
            limits.exclusive_minimum.map(|it| (it, true)),
            format.map(|(least, _)| (least, false)),
        ];
        let upper = [
            limits.maximum.map(|it| (it, false)),
            limits.exclusive_maximum.map(|it| (it, true)),
            format.map(|(_, most)| (most, false)),
        ];
        let integer = number.integer;
        // An integer above 0 is one from 1.
        let closed = |bound: (f64, bool), up: f64| match bound {
            (it, true) if integer && it.fract() == 0.0 => (it + up, false),
            other => other,
        };
        let stricter = |one: (f64, bool), other: (f64, bool), up: f64| {
            let further = (other.0 - one.0) * up;
            if further > 0.0 || (further == 0.0 && other.1) {
                other
            } else {
                one
            }
        };
        let lower = lower.into_iter().flatten().map(|it| closed(it, 1.0));
        let upper = upper.into_iter().flatten().map(|it| closed(it, -1.0));
        Range {
            integer,
            least: lower.reduce(|one, other| stricter(one, other, 1.0)),
            most: upper.reduce(|one, other| stricter(one, other, -1.0)),
            multiple_of: limits.multiple_of,
            except: limits.except,
        }
    }

    /// Whether every number of this range is one of `other`, apart from fractions.
    fn within(&self, other: &Range) -> bool {
        let step = match (self.multiple_of, other.multiple_of) {
            (_, None) => true,
            (Some(step), Some(of)) => (step / of).fract() == 0.0,
            (None, Some(of)) => self.integer && (1.0 / of).fract() == 0.0,
        };
        let except = other
            .except
            .is_none_or(|it| self.except == Some(it) || !self.reaches(it));
        bounded(self.least, other.least, 1.0)
            && bounded(self.most, other.most, -1.0)
            && step
            && except
    }

    fn reaches(&self, number: f64) -> bool {
        let above = |(least, open): (f64, bool)| number > least || (number == least && !open);
        let below = |(most, open): (f64, bool)| number < most || (number == most && !open);
        self.least.is_none_or(above) && self.most.is_none_or(below)
    }
}

/// Whether one bound is at least as strict as the other; `up` is 1 for lower bounds.
fn bounded(one: Option<(f64, bool)>, other: Option<(f64, bool)>, up: f64) -> bool {
    match (one, other) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((one, open)), Some((other, other_open))) => {
            let further = (one - other) * up;
            further > 0.0 || (further == 0.0 && (open || !other_open))
        }
    }
}

fn holds(number: &Number, value: f64) -> bool {
    let range = Range::of(number);
    let step = number.limits.multiple_of;
    range.reaches(value)
        && range.except != Some(value)
        && (!number.integer || value.fract() == 0.0)
        && step.is_none_or(|step| (value / step).fract() == 0.0)
}

impl std::fmt::Display for Range {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.least, self.most) {
            (None, None) => out.write_str("of any size")?,
            (Some((least, open)), None) => {
                write!(out, "{} {least}", if open { "above" } else { "from" })?;
            }
            (None, Some((most, open))) => {
                write!(out, "{} {most}", if open { "below" } else { "up to" })?;
            }
            (Some((least, open)), Some((most, most_open))) => {
                let (from, to) = (
                    if open { "above" } else { "from" },
                    if most_open { "to below" } else { "to" },
                );
                write!(out, "{from} {least} {to} {most}")?;
            }
        }
        if let Some(step) = self.multiple_of {
            write!(out, " in steps of {step}")?;
        }
        if let Some(except) = self.except {
            write!(out, " except {except}")?;
        }
        Ok(())
    }
}
