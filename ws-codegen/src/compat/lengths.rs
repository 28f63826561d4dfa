//! How long or how large something may be.

use std::fmt;

use super::Rule;
use super::difference::Clash;
use super::walk::Walk;

/// A least and a most.
#[derive(Debug)]
pub(super) struct Lengths {
    least: u64,
    most: Option<u64>,
    unit: &'static str,
}

impl Lengths {
    pub(super) fn new(least: Option<u64>, most: Option<u64>, unit: &'static str) -> Self {
        Lengths {
            least: least.unwrap_or(0),
            most,
            unit,
        }
    }

    fn within(&self, other: &Lengths) -> bool {
        let most = other
            .most
            .is_none_or(|most| self.most.is_some_and(|it| it <= most));
        self.least >= other.least && most
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit;
        match (self.least, self.most) {
            (0, None) => write!(out, "any number of {unit}"),
            (least, None) => write!(out, "{least} or more {unit}"),
            (0, Some(most)) => write!(out, "up to {most} {unit}"),
            (least, Some(most)) => write!(out, "{least} to {most} {unit}"),
        }
    }
}

impl Walk<'_> {
    /// Compares two lengths of `things`, under the rules for fewer and for more of them.
    pub(super) fn lengths(
        &mut self,
        old: &Lengths,
        new: &Lengths,
        things: &str,
        (narrowed, widened): (Rule, Rule),
        at: &str,
    ) {
        let clash = |sent: &Lengths, taken: &Lengths| {
            Clash::new(
                format!("may send {things} {sent}"),
                format!("does not accept: it accepts {taken}"),
            )
        };
        let what = format!("{things} {new} are allowed, instead of {old}");
        if !old.within(new) {
            self.report(narrowed, at, what.clone(), Some(clash(old, new)), None);
        }
        if !new.within(old) {
            self.report(widened, at, what, None, Some(clash(new, old)));
        }
    }
}
