//! The members of two objects: those that both know, those that one knows, and the rest.

use super::Rule;
use super::difference::Clash;
use super::lengths::Lengths;
use super::same::same;
use super::shape::{Member, Shape};
use super::walk::{EACH, Walk, step};
use crate::model::{Model, Rest, Type};

impl<'m> Walk<'m> {
    pub(super) fn object(&mut self, old: &Shape<'m>, new: &Shape<'m>, at: &str) {
        let size = old.members.len() + new.members.len();
        if !self.is_first(old.object, new.object) || !self.spend(size, at) {
            return;
        }
        let around = self.type_name;
        self.type_name = new.type_name.or(around);
        let (before, after) = (old.by_name(), new.by_name());
        for member in &old.members {
            match after.get(member.name) {
                Some(other) => self.member(*member, *other, at),
                None => self.member_removed(*member, new, at),
            }
        }
        for member in &new.members {
            if !before.contains_key(member.name) {
                self.member_added(*member, old, at);
            }
        }
        self.others(old, new, at);
        let sizes = |shape: &Shape<'_>| {
            let limits = &shape.limits;
            Lengths::new(limits.min_properties, limits.max_properties, "members")
        };
        let rules = (Rule::EntriesNarrowed, Rule::EntriesWidened);
        self.lengths(&sizes(old), &sizes(new), "objects of", rules, at);
        self.type_name = around;
    }

    fn member_removed(&mut self, member: Member<'m>, new: &Shape<'m>, at: &str) {
        let name = member.name;
        let (rule, what) = if member.required {
            (Rule::FieldRequiredRemoved, "which was required")
        } else {
            (Rule::FieldOptionalRemoved, "which was optional")
        };
        let known = (self.old, self.new);
        let forward = self.refused(known.0, member, known.1, new);
        let backward = self.missed(known.1, new, known.0, member);
        let what = format!("`{name}`, {what}, is gone");
        self.report(rule, &step(at, name), what, forward, backward);
    }

    fn member_added(&mut self, member: Member<'m>, old: &Shape<'m>, at: &str) {
        let name = member.name;
        let (rule, what) = if member.required {
            (Rule::FieldRequiredAdded, "required")
        } else {
            (Rule::FieldOptionalAdded, "optional")
        };
        let known = (self.old, self.new);
        let forward = self.missed(known.0, old, known.1, member);
        let backward = self.refused(known.1, member, known.0, old);
        let what = format!("`{name}` is new and {what}");
        self.report(rule, &step(at, name), what, forward, backward);
    }

    /// Why a member that one side sends is refused by the other, which does not know its name.
    fn refused(
        &self,
        from: &'m Model,
        member: Member<'m>,
        to: &'m Model,
        shape: &Shape<'m>,
    ) -> Option<Clash> {
        let name = member.name;
        let clash = |why: &str| Some(Clash::new(format!("may send `{name}`"), why));
        if shape.names.is_some() {
            return clash("may not accept: only some names fit");
        }
        let mut types = Vec::new();
        for pattern in shape.patterns {
            let expression = regress::Regex::with_flags(&pattern.expression, "u");
            if expression.is_ok_and(|it| it.find(name).is_some()) {
                types.push(&pattern.shape);
            }
        }
        match shape.rest {
            Rest::Closed if types.is_empty() => return clash("refuses: it denies unknown members"),
            Rest::Map(values) if types.is_empty() => types.push(values),
            _ => {}
        }
        let takes =
            |to_type: &&'m Type| self.tried(from, to, |walk| walk.types(member.shape, to_type, ""));
        if types.iter().all(takes) {
            None
        } else {
            clash("takes for an entry of another type")
        }
    }

    /// Why one side does not get along without a member that the other does not know by name.
    fn missed(
        &self,
        from: &'m Model,
        shape: &Shape<'m>,
        to: &'m Model,
        member: Member<'m>,
    ) -> Option<Clash> {
        let name = member.name;
        if member.required {
            return Some(Clash::new(format!("does not send `{name}`"), "requires"));
        }
        let patterns = shape.patterns.iter().map(|pattern| &pattern.shape);
        let map = match shape.rest {
            Rest::Map(values) => Some(&**values),
            Rest::Ignored | Rest::Closed => None,
        };
        let mut sent = patterns.chain(map);
        let fits = sent.all(|sent| self.tried(from, to, |walk| walk.types(sent, member.shape, "")));
        let sends = format!("may send an entry of the name `{name}`");
        (!fits).then(|| Clash::new(sends, "takes for a member of another type"))
    }

    /// Compares what members are that have no type of their own.
    fn others(&mut self, old: &Shape<'m>, new: &Shape<'m>, at: &str) {
        self.keys(old, new, at);
        let entries = || Clash::new("may send entries of any name", "refuses");
        match (old.rest, new.rest) {
            (Rest::Map(one), Rest::Map(other)) => self.types(one, other, &step(at, EACH)),
            (Rest::Map(_), rest) => {
                let clash = (*rest == Rest::Closed).then(entries);
                let what = "entries of any name are no longer allowed";
                self.report(Rule::MapRemoved, at, what, clash, None);
            }
            (rest, Rest::Map(_)) => {
                let clash = (*rest == Rest::Closed).then(entries);
                let what = "entries of any name are now allowed";
                self.report(Rule::MapAdded, at, what, None, clash);
            }
            (Rest::Ignored, Rest::Closed) if new.patterns.is_empty() => {
                let sends = "may send members that the contract does not name, or no longer";
                let clash = Clash::new(sends, "refuses: it denies unknown members");
                let what = "unknown members are now refused";
                self.report(Rule::DenyUnknownAdded, at, what, Some(clash), None);
            }
            (Rest::Closed, Rest::Ignored) if old.patterns.is_empty() => {
                let what = "unknown members are now ignored";
                self.report(Rule::DenyUnknownRemoved, at, what, None, None);
            }
            _ => {}
        }
    }

    /// Compares what the names of members must be.
    fn keys(&mut self, old: &Shape<'m>, new: &Shape<'m>, at: &str) {
        let names = match (old.names, new.names) {
            (Some(one), Some(other)) => same((self.old, one), (self.new, other)),
            (one, other) => one.is_none() && other.is_none(),
        };
        let expressions = old.patterns.len() == new.patterns.len()
            && old
                .patterns
                .iter()
                .zip(new.patterns)
                .all(|(one, other)| one.expression == other.expression);
        if !names || !expressions {
            let clash = || Clash::new("may send other keys", "may not accept");
            let what = "the keys of a map are different";
            let (forward, backward) = (Some(clash()), Some(clash()));
            self.report(Rule::MapKeysChanged, at, what, forward, backward);
        }
        if expressions {
            for (one, other) in old.patterns.iter().zip(new.patterns) {
                self.types(&one.shape, &other.shape, &step(at, EACH));
            }
        }
    }
}
