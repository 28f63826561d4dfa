//! Arrays and tuples: their lengths, and what stands in each place.

use super::Rule;
use super::difference::Clash;
use super::forms::List;
use super::lengths::Lengths;
use super::walk::{EACH, Walk, step};
use crate::model::Type;

impl<'m> List<'m> {
    /// The types of the first items, each in its place.
    fn places(self) -> &'m [Type] {
        match self {
            List::Array(_) => &[],
            List::Tuple(tuple) => &tuple.items,
        }
    }

    /// The type of all other items, if there may be any.
    fn rest(self) -> Option<&'m Type> {
        match self {
            List::Array(array) => Some(&array.item),
            List::Tuple(tuple) => tuple.rest.as_deref(),
        }
    }

    fn place(self, index: usize) -> Option<&'m Type> {
        self.places().get(index).or(self.rest())
    }

    fn lengths(self) -> Lengths {
        match self {
            List::Array(array) => {
                Lengths::new(array.limits.min_items, array.limits.max_items, "items")
            }
            List::Tuple(tuple) => {
                let most = tuple.rest.is_none().then_some(tuple.items.len() as u64);
                Lengths::new(Some(tuple.required as u64), most, "items")
            }
        }
    }

    fn is_unique(self) -> bool {
        matches!(self, List::Array(array) if array.limits.unique)
    }

    fn name(self) -> &'static str {
        match self {
            List::Array(_) => "an array of one type",
            List::Tuple(_) => "a tuple",
        }
    }
}

impl<'m> Walk<'m> {
    pub(super) fn lists(&mut self, old: &[List<'m>], new: &[List<'m>], at: &str) {
        let (old, new): (&[List<'m>], &[List<'m>]) = (old, new);
        if let ([old], [new]) = (old, new) {
            self.list(*old, *new, at);
            return;
        }
        let compare =
            |walk: &mut Walk<'m>, one: List<'m>, other: List<'m>| walk.list(one, other, "");
        let (before, after) = (self.old, self.new);
        for one in old {
            let fits =
                |other: &List<'m>| self.tried(before, after, |walk| compare(walk, *one, *other));
            if !new.iter().any(fits) {
                let clash = Clash::new(format!("may send {}", one.name()), "does not accept");
                let what = format!("{} is no longer allowed", one.name());
                self.report(Rule::VariantRemoved, at, what, Some(clash), None);
            }
        }
        for one in new {
            let fits =
                |other: &List<'m>| self.tried(after, before, |walk| compare(walk, *one, *other));
            if !old.iter().any(fits) {
                let clash = Clash::new(format!("may send {}", one.name()), "does not accept");
                let what = format!("{} is now allowed", one.name());
                self.report(Rule::VariantAdded, at, what, None, Some(clash));
            }
        }
    }

    fn list(&mut self, old: List<'m>, new: List<'m>, at: &str) {
        if old.name() != new.name() {
            let clash = |sent: List<'_>, taken: List<'_>| {
                Clash::new(
                    format!("sends {}", sent.name()),
                    format!("takes for {}", taken.name()),
                )
            };
            let what = format!("it is now {}, no longer {}", new.name(), old.name());
            self.report(
                Rule::ArrayTupleChanged,
                at,
                what,
                Some(clash(old, new)),
                Some(clash(new, old)),
            );
            return;
        }
        let rules = (Rule::ItemsNarrowed, Rule::ItemsWidened);
        self.lengths(&old.lengths(), &new.lengths(), "lists of", rules, at);
        let clash = || Clash::new("may send an item twice", "does not accept");
        match (old.is_unique(), new.is_unique()) {
            (false, true) => {
                let what = "an item may no longer appear twice";
                self.report(Rule::ItemsNarrowed, at, what, Some(clash()), None);
            }
            (true, false) => {
                let what = "an item may now appear twice";
                self.report(Rule::ItemsWidened, at, what, None, Some(clash()));
            }
            _ => {}
        }
        for index in 0..old.places().len().max(new.places().len()) {
            // Where one has no item, the lengths say so.
            if let (Some(one), Some(other)) = (old.place(index), new.place(index)) {
                self.types(one, other, &step(at, &index.to_string()));
            }
        }
        if let (Some(one), Some(other)) = (old.rest(), new.rest()) {
            self.types(one, other, &step(at, EACH));
        }
    }
}
