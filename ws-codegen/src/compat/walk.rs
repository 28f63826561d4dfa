//! Two types, side by side: what they differ in, and which values of one do not fit the other.
//!
//! Definitions that refer to each other are put into a queue as pairs, each pair once. So the walk ends on recursive
//! types, and its stack is no deeper than a schema is nested. That a pair is looked at once is sound: two types fit if no
//! pair that is reached from them clashes.

use std::collections::{HashSet, VecDeque};

use super::Rule;
use super::difference::{Clash, Difference};
use super::forms::Forms;
use super::same::same;
use crate::model::{Docs, Model, Type, TypeId};

/// How many pairs of types are compared for one part of an event before the answer is that nobody can tell.
const MOST_PAIRS: usize = 200_000;
/// How many tries may be within each other: an alternative that is tried for one of an alternative, and so on.
const MOST_TRIES: usize = 3;

/// A comparison of two types, of which the old one is in `old` and the new one in `new`.
pub(super) struct Walk<'m> {
    pub(super) old: &'m Model,
    pub(super) new: &'m Model,
    found: Vec<Difference>,
    seen: HashSet<(TypeId, TypeId)>,
    pending: VecDeque<(String, TypeId, TypeId)>,
    /// The name of the definition in which the walk is.
    type_name: Option<String>,
    pairs: usize,
    tries: usize,
}

impl<'m> Walk<'m> {
    fn new(old: &'m Model, new: &'m Model, tries: usize) -> Self {
        Walk {
            old,
            new,
            found: Vec::new(),
            seen: HashSet::new(),
            pending: VecDeque::new(),
            type_name: None,
            pairs: 0,
            tries,
        }
    }

    /// All differences between two types.
    pub(super) fn differences(
        old: (&'m Model, &'m Type),
        new: (&'m Model, &'m Type),
    ) -> Vec<Difference> {
        let mut walk = Walk::new(old.0, new.0, 0);
        walk.run(old.1, new.1);
        walk.found
    }

    fn run(&mut self, old: &'m Type, new: &'m Type) {
        self.types(old, new, "");
        while let Some((at, old, new)) = self.pending.pop_front() {
            let (old, new) = (self.old.definition(old), self.new.definition(new));
            self.type_name = Some(new.name.clone());
            self.docs(&old.docs, &new.docs, &at);
            self.forms(&old.shape, &new.shape, &at);
        }
    }

    /// Whether nothing of what `compare` looks at, and of what that leads to, clashes.
    pub(super) fn tried(
        &self,
        from: &'m Model,
        to: &'m Model,
        compare: impl FnOnce(&mut Walk<'m>),
    ) -> bool {
        if self.tries == MOST_TRIES {
            return false;
        }
        let mut walk = Walk::new(from, to, self.tries + 1);
        compare(&mut walk);
        while let Some((at, old, new)) = walk.pending.pop_front() {
            let (old, new) = (from.definition(old), to.definition(new));
            walk.forms(&old.shape, &new.shape, &at);
        }
        walk.found.iter().all(|found| found.forward.is_none())
    }

    /// Compares two types at a place.
    pub(super) fn types(&mut self, old: &'m Type, new: &'m Type, at: &str) {
        match (old, new) {
            (Type::Reference(one), Type::Reference(other)) => {
                if !self.seen.insert((*one, *other)) {
                    return;
                }
                let (before, after) = (self.old.definition(*one), self.new.definition(*other));
                if before.name != after.name {
                    let what = format!("the type `{}` is called `{}`", before.name, after.name);
                    self.report(Rule::TypeRenamed, at, what, None, None);
                }
                self.pending.push_back((at.to_owned(), *one, *other));
            }
            (old, new) => self.forms(old, new, at),
        }
    }

    fn forms(&mut self, old: &'m Type, new: &'m Type, at: &str) {
        self.pairs += 1;
        if self.pairs > MOST_PAIRS {
            if self.pairs == MOST_PAIRS + 1 {
                self.undecided(at, "the types are too large to be compared");
            }
            return;
        }
        let (before, after) = (Forms::of(old, self.old), Forms::of(new, self.new));
        let overlap = before.exclusive && before.overlaps() || after.exclusive && after.overlaps();
        if (before.unclear || after.unclear || overlap) && !same((self.old, old), (self.new, new)) {
            let what =
                "alternatives that nothing tells apart, or types that must fit at once, are others";
            self.undecided(at, what);
            return;
        }
        if !before.unclear && !after.unclear {
            self.kinds(&before, &after, at);
        }
    }

    /// Notes a difference.
    pub(super) fn report(
        &mut self,
        rule: Rule,
        at: &str,
        what: impl Into<String>,
        forward: Option<Clash>,
        backward: Option<Clash>,
    ) {
        self.found.push(Difference {
            rule,
            pointer: at.to_owned(),
            type_name: self.type_name.clone(),
            what: what.into(),
            forward,
            backward,
        });
    }

    /// Notes a difference of which nobody can tell what it means.
    pub(super) fn undecided(&mut self, at: &str, what: &str) {
        let clash = || Clash::new("may send values", "may not take: nobody can tell");
        self.report(Rule::Undecided, at, what, Some(clash()), Some(clash()));
    }

    /// Compares what is said to people.
    pub(super) fn docs(&mut self, old: &Docs, new: &Docs, at: &str) {
        for (rule, what) in docs(old, new) {
            self.report(rule, at, what, None, None);
        }
    }
}

/// What differs in docs.
pub(super) fn docs(old: &Docs, new: &Docs) -> Vec<(Rule, String)> {
    let mut found = Vec::new();
    if old.text != new.text {
        found.push((Rule::DocsChanged, "the docs have other words".to_owned()));
    }
    if old.deprecated != new.deprecated {
        let what = if new.deprecated {
            "it is deprecated"
        } else {
            "it is not deprecated any more"
        };
        found.push((Rule::DeprecationChanged, what.to_owned()));
    }
    if old.default != new.default {
        let text = |docs: &Docs| docs.default.clone().unwrap_or_else(|| "nothing".to_owned());
        let what = format!(
            "where it is absent, {} stands for it, and no longer {}",
            text(new),
            text(old)
        );
        found.push((Rule::DefaultChanged, what));
    }
    found
}

/// A step further down: `/` and `~` are escaped.
pub(super) fn step(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The step that means every item or entry.
pub(super) const EACH: &str = "*";
