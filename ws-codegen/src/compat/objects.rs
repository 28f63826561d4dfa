//! Objects, of which there may be several: what tells them apart, and which of them are in both.

use super::Rule;
use super::difference::Clash;
use super::shape::{Member, Shape, Tag};
use super::walk::{Walk, step};

impl<'m> Walk<'m> {
    pub(super) fn objects(&mut self, old: &[Shape<'m>], new: &[Shape<'m>], at: &str) {
        let both = |tag: &Tag<'m>| tag.separates(old) && tag.separates(new);
        let (before, after) = (Tag::of(old), Tag::of(new));
        let alone = old.len() == 1 && new.len() == 1;
        match before.filter(both).or(after.filter(both)) {
            Some(Tag::Key) | None if alone => self.object(&old[0], &new[0], at),
            Some(tag) => self.tagged(tag, old, new, at),
            None => match (before, after) {
                (Some(before), Some(after)) => self.retagged(before, after, at),
                _ => self.untagged(old, new, at),
            },
        }
    }

    /// Compares alternatives that have names.
    fn tagged(&mut self, tag: Tag<'m>, old: &[Shape<'m>], new: &[Shape<'m>], at: &str) {
        let by_value = |shapes: &[Shape<'m>]| {
            let named = shapes.iter().enumerate();
            let named = named.filter_map(|(index, shape)| Some((tag.value(shape)?, index)));
            named.collect::<std::collections::HashMap<_, _>>()
        };
        let (before, after) = (by_value(old), by_value(new));
        for shape in old {
            let name = tag.value(shape).unwrap_or_default();
            match after.get(&name) {
                Some(index) => self.object(shape, &new[*index], at),
                None => {
                    let clash =
                        Clash::new(format!("may send the variant `{name}`"), "does not know");
                    let what = format!("the variant `{name}` is gone");
                    self.report(Rule::VariantRemoved, at, what, Some(clash), None);
                }
            }
        }
        for shape in new {
            let name = tag.value(shape).unwrap_or_default();
            if !before.contains_key(&name) {
                let clash = Clash::new(format!("may send the variant `{name}`"), "does not know");
                let what = format!("the variant `{name}` is new");
                self.report(Rule::VariantAdded, at, what, None, Some(clash));
            }
        }
    }

    fn retagged(&mut self, old: Tag<'m>, new: Tag<'m>, at: &str) {
        let clash = |sent: Tag<'_>, taken: Tag<'_>| {
            Clash::new(
                format!("distinguishes variants by {}", name(sent)),
                format!("does not understand: it looks at {}", name(taken)),
            )
        };
        let what = format!(
            "variants are now distinguished by {}, no longer by {}",
            name(new),
            name(old)
        );
        let (forward, backward) = (clash(old, new), clash(new, old));
        self.report(Rule::TagChanged, at, what, Some(forward), Some(backward));
    }

    /// Compares alternatives of which nothing tells which is which: each is taken if one of the other side takes it.
    fn untagged(&mut self, old: &[Shape<'m>], new: &[Shape<'m>], at: &str) {
        let (before, after) = (self.old, self.new);
        let lost = |one: &&Shape<'m>| {
            let fits = |other| self.tried(before, after, |walk| walk.object(one, other, ""));
            !new.iter().any(fits)
        };
        let come = |one: &&Shape<'m>| {
            let fits = |other| self.tried(after, before, |walk| walk.object(one, other, ""));
            !old.iter().any(fits)
        };
        let lost: Vec<_> = old.iter().filter(lost).collect();
        let come: Vec<_> = new.iter().filter(come).collect();
        if let ([one], [other]) = (lost.as_slice(), come.as_slice()) {
            self.object(one, other, at);
            return;
        }
        for one in lost {
            let clash = Clash::new(format!("may send {}", described(one)), "does not know");
            let what = format!("{} is no longer allowed", described(one));
            self.report(Rule::VariantRemoved, at, what, Some(clash), None);
        }
        for one in come {
            let clash = Clash::new(format!("may send {}", described(one)), "does not know");
            let what = format!("{} is now allowed", described(one));
            self.report(Rule::VariantAdded, at, what, None, Some(clash));
        }
    }

    /// Compares what one member is.
    pub(super) fn member(&mut self, old: Member<'m>, new: Member<'m>, at: &str) {
        let at = step(at, old.name);
        let name = old.name;
        match (old.required, new.required) {
            (false, true) => {
                let clash = Clash::new(format!("may leave out `{name}`"), "requires");
                let what = format!("`{name}` is required");
                self.report(Rule::FieldMadeRequired, &at, what, Some(clash), None);
            }
            (true, false) => {
                let clash = Clash::new(format!("may leave out `{name}`"), "requires");
                let what = format!("`{name}` is optional");
                self.report(Rule::FieldMadeOptional, &at, what, None, Some(clash));
            }
            _ => {}
        }
        self.docs(old.docs, new.docs, &at);
        self.types(old.shape, new.shape, &at);
    }
}

fn name(tag: Tag<'_>) -> String {
    match tag {
        Tag::Member(name) => format!("the member `{name}`"),
        Tag::Key => "the name of their only member".to_owned(),
        Tag::Constants => "several members".to_owned(),
    }
}

/// An object without a name, by its members.
fn described(shape: &Shape<'_>) -> String {
    const SHOWN: usize = 5;
    let names = shape.members.iter().take(SHOWN);
    let mut names: Vec<_> = names.map(|member| format!("`{}`", member.name)).collect();
    if shape.members.len() > SHOWN {
        names.push("…".to_owned());
    }
    match names.as_slice() {
        [] => "an object".to_owned(),
        names => format!("an object with {}", names.join(", ")),
    }
}
