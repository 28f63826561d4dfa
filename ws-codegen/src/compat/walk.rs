//! Two types, side by side: what they differ in, and which values of one do not fit the other.
//!
//! Types within types are put into a queue as pairs, each pair once. So the walk ends on recursive types, and needs no
//! stack however they are nested. That a pair is looked at once is sound: two types fit if no pair that is reached from
//! them clashes.

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use super::Rule;
use super::difference::{Clash, Difference};
use super::forms::Forms;
use super::same::same;
use crate::model::{Docs, Model, Object, Type};

/// How much is compared for one part of an event before the answer is that nobody can tell: types, and the alternatives
/// and members in them.
const MOST_EFFORT: usize = 500_000;
/// How many tries may be within each other: an alternative that is tried for one of an alternative, and so on.
const MOST_TRIES: usize = 3;

/// A comparison of two types, of which the old one is in `old` and the new one in `new`.
pub(super) struct Walk<'m> {
    pub(super) old: &'m Model,
    pub(super) new: &'m Model,
    found: Vec<Difference>,
    /// What has been compared. That it is known by its place in memory decides only what is told once.
    seen: HashSet<(*const Type, *const Type)>,
    objects: HashSet<(*const Object, *const Object)>,
    pending: VecDeque<Pair<'m>>,
    /// The name of the definition in which the walk is.
    pub(super) type_name: Option<&'m str>,
    tries: usize,
    /// What may still be compared, in this walk and in those that it tries.
    effort: Rc<Cell<usize>>,
    /// Whether it has been said that this was not enough.
    exhausted: bool,
}

/// Two types that are to be compared, and where they are.
struct Pair<'m> {
    old: &'m Type,
    new: &'m Type,
    at: String,
    type_name: Option<&'m str>,
}

impl<'m> Walk<'m> {
    fn new(old: &'m Model, new: &'m Model, tries: usize, effort: Rc<Cell<usize>>) -> Self {
        Walk {
            old,
            new,
            found: Vec::new(),
            seen: HashSet::new(),
            objects: HashSet::new(),
            pending: VecDeque::new(),
            type_name: None,
            tries,
            effort,
            exhausted: false,
        }
    }

    /// All differences between two types.
    pub(super) fn differences(
        old: (&'m Model, &'m Type),
        new: (&'m Model, &'m Type),
    ) -> Vec<Difference> {
        let effort = Rc::new(Cell::new(MOST_EFFORT));
        let mut walk = Walk::new(old.0, new.0, 0, effort);
        walk.types(old.1, new.1, "");
        walk.finish();
        walk.found
    }

    /// Whether nothing of what `compare` looks at, and of what that leads to, clashes on the way from one side to the
    /// other.
    pub(super) fn tried(
        &self,
        from: &'m Model,
        to: &'m Model,
        compare: impl FnOnce(&mut Walk<'m>),
    ) -> bool {
        if self.tries == MOST_TRIES || self.effort.get() == 0 {
            return false;
        }
        let mut walk = Walk::new(from, to, self.tries + 1, Rc::clone(&self.effort));
        compare(&mut walk);
        walk.finish();
        walk.found.iter().all(|found| found.forward.is_none())
    }

    fn finish(&mut self) {
        while let Some(pair) = self.pending.pop_front() {
            self.type_name = pair.type_name;
            self.forms(pair.old, pair.new, &pair.at);
        }
    }

    /// Compares two types at a place, in their turn.
    pub(super) fn types(&mut self, old: &'m Type, new: &'m Type, at: &str) {
        let types = (self.old.resolve(old), self.new.resolve(new));
        if !self.seen.insert((types.0, types.1)) {
            return;
        }
        let mut type_name = self.type_name;
        if let (Type::Reference(old), Type::Reference(new)) = (old, new) {
            let (before, after) = (self.old.definition(*old), self.new.definition(*new));
            type_name = Some(&after.name);
            if before.name != after.name {
                let what = format!("the type `{}` is now called `{}`", before.name, after.name);
                self.report(Rule::TypeRenamed, at, what, None, None);
            }
            let around = std::mem::replace(&mut self.type_name, type_name);
            self.docs(&before.docs, &after.docs, at);
            self.type_name = around;
        }
        self.pending.push_back(Pair {
            old: types.0,
            new: types.1,
            at: at.to_owned(),
            type_name,
        });
    }

    /// Whether two objects are compared for the first time.
    pub(super) fn is_first(&mut self, old: Option<&'m Object>, new: Option<&'m Object>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => self.objects.insert((old, new)),
            _ => true,
        }
    }

    fn forms(&mut self, old: &'m Type, new: &'m Type, at: &str) {
        let (before, after) = (Forms::of(old, self.old), Forms::of(new, self.new));
        if !self.spend(1 + before.size() + after.size(), at) {
            return;
        }
        let overlap = before.exclusive && before.overlaps() || after.exclusive && after.overlaps();
        if (before.unclear || after.unclear || overlap) && !same((self.old, old), (self.new, new)) {
            let what = "alternatives that nothing distinguishes, or types that must fit at once, have changed";
            self.undecided(at, what);
            return;
        }
        if !before.unclear && !after.unclear {
            self.kinds(&before, &after, at);
        }
    }

    /// Whether so much more may be compared. If not, the walk ends.
    pub(super) fn spend(&mut self, effort: usize, at: &str) -> bool {
        self.effort.set(self.effort.get().saturating_sub(effort));
        if self.effort.get() > 0 {
            return true;
        }
        self.pending.clear();
        if !std::mem::replace(&mut self.exhausted, true) {
            self.undecided(at, "the types are too large to compare");
        }
        false
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
            type_name: self.type_name.map(str::to_owned),
            what: what.into(),
            forward,
            backward,
        });
    }

    /// Notes a difference of which nobody can tell what it means.
    pub(super) fn undecided(&mut self, at: &str, what: &str) {
        let clash = || Clash::new("may send values", "may not accept: this cannot be decided");
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
        found.push((
            Rule::DocsChanged,
            "its documentation has changed".to_owned(),
        ));
    }
    if old.deprecated != new.deprecated {
        let what = if new.deprecated {
            "it is deprecated"
        } else {
            "it is no longer deprecated"
        };
        found.push((Rule::DeprecationChanged, what.to_owned()));
    }
    if old.default != new.default {
        let text = |docs: &Docs| docs.default.clone().unwrap_or_else(|| "nothing".to_owned());
        let what = format!(
            "if it is absent, its default is now {}, no longer {}",
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
