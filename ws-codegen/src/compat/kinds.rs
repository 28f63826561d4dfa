//! Which kinds of values there are: `null`, and whatever else.

use super::Rule;
use super::difference::Clash;
use super::forms::{Forms, Kind};
use super::walk::Walk;

impl<'m> Walk<'m> {
    /// Compares two types kind by kind.
    pub(super) fn kinds(&mut self, old: &Forms<'m>, new: &Forms<'m>, at: &str) {
        if old.any || new.any {
            self.anything(old, new, at);
            return;
        }
        let (before, after) = (old.kinds(), new.kinds());
        let shared = before.iter().any(|kind| after.contains(kind)) || old.null && new.null;
        let nothing = before.is_empty() && !old.null || after.is_empty() && !new.null;
        if !shared && !nothing {
            self.changed(old, new, at);
            return;
        }
        self.null(old, new, at);
        if !before.is_empty() && !after.is_empty() && !before.iter().any(|it| after.contains(it)) {
            self.changed(old, new, at);
            return;
        }
        for kind in [
            Kind::Boolean,
            Kind::Number,
            Kind::Text,
            Kind::List,
            Kind::Object,
        ] {
            let name = kind.name();
            match (before.contains(&kind), after.contains(&kind)) {
                (false, false) => {}
                (true, false) => {
                    let clash = Clash::new(format!("may send {name}"), "does not accept");
                    let what = format!("{name} is no longer allowed");
                    self.report(Rule::VariantRemoved, at, what, Some(clash), None);
                }
                (false, true) => {
                    let clash = Clash::new(format!("may send {name}"), "does not accept");
                    let what = format!("{name} is now allowed");
                    self.report(Rule::VariantAdded, at, what, None, Some(clash));
                }
                (true, true) => match kind {
                    Kind::Boolean => self.booleans(old.booleans, new.booleans, at),
                    Kind::Number => self.numbers(old, new, at),
                    Kind::Text => self.texts(old, new, at),
                    Kind::List => self.lists(&old.lists, &new.lists, at),
                    Kind::Object => self.objects(&old.objects, &new.objects, at),
                },
            }
        }
    }

    fn anything(&mut self, old: &Forms<'m>, new: &Forms<'m>, at: &str) {
        let clash = || Clash::new("may send any value", "does not accept");
        let what = format!("{} is allowed, no longer {}", new.names(), old.names());
        match (old.any, new.any) {
            (true, false) => self.report(Rule::TypeChanged, at, what, Some(clash()), None),
            (false, true) => self.report(Rule::TypeChanged, at, what, None, Some(clash())),
            _ => {}
        }
    }

    fn changed(&mut self, old: &Forms<'m>, new: &Forms<'m>, at: &str) {
        let (before, after) = (old.names(), new.names());
        let what = format!("it is now {after}, no longer {before}");
        let clash = |sent: &str, taken: &str| {
            Clash::new(
                format!("sends {sent}"),
                format!("does not accept: it expects {taken}"),
            )
        };
        let forward = clash(&before, &after);
        let backward = clash(&after, &before);
        self.report(Rule::TypeChanged, at, what, Some(forward), Some(backward));
    }

    fn null(&mut self, old: &Forms<'m>, new: &Forms<'m>, at: &str) {
        let clash = Clash::new("may send `null`", "does not accept");
        match (old.null, new.null) {
            (true, false) => {
                let what = "`null` is no longer allowed";
                self.report(Rule::NullRemoved, at, what, Some(clash), None);
            }
            (false, true) => {
                self.report(
                    Rule::NullAdded,
                    at,
                    "`null` is now allowed",
                    None,
                    Some(clash),
                );
            }
            _ => {}
        }
    }

    fn booleans(&mut self, old: [bool; 2], new: [bool; 2], at: &str) {
        for (index, value) in ["false", "true"].into_iter().enumerate() {
            self.constant(old[index], new[index], value, at);
        }
    }

    /// Compares whether one value fits.
    pub(super) fn constant(&mut self, old: bool, new: bool, value: &str, at: &str) {
        let clash = Clash::new(format!("may send {value}"), "does not accept");
        match (old, new) {
            (true, false) => {
                let what = format!("{value} is no longer allowed");
                self.report(Rule::EnumValueRemoved, at, what, Some(clash), None);
            }
            (false, true) => {
                let what = format!("{value} is new");
                self.report(Rule::EnumValueAdded, at, what, None, Some(clash));
            }
            _ => {}
        }
    }
}
