//! What members of this node were given before the log had it. Knows the log only as what settles it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::cluster::Message;
use crate::protocol::{Early, Position};

/// What was given early, in order, each with the marks up to its own.
pub(super) type Publications = Vec<(Early, Arc<[Message]>)>;

/// What the members of this node have been given before the log had it, and what the log has yet to bring again.
///
/// Who comes meanwhile is given it, too, or told that it is older: so nobody needs it when the log brings it, but those who
/// are given only what the log has.
///
/// It was published in this order, and so the log has it in this order: what lies before something that is settled is settled,
/// too.
#[derive(Default)]
pub(super) struct Pending {
    marks: Option<Early>,
    publications: VecDeque<Publication>,
    /// How far a gap reaches, behind which the log may bring it.
    gap: Option<u64>,
}

struct Publication {
    /// The marks up to its own.
    early: Early,
    messages: Arc<[Message]>,
    /// Its number in the log, as soon as that has taken it.
    at: Option<u64>,
}

impl Pending {
    /// The marks that members have been given.
    pub(super) fn marks(&self) -> Option<Early> {
        self.marks
    }

    /// Each with the marks up to its own.
    pub(super) fn publications(&self) -> Publications {
        let publications = self.publications.iter();
        publications
            .map(|publication| (publication.early, Arc::clone(&publication.messages)))
            .collect()
    }

    pub(super) fn has(&self, mark: u64) -> bool {
        let mut publications = self.publications.iter();
        publications.any(|publication| publication.early.last() == mark)
    }

    /// Whether the log settles something where it brings this: one of them, or a later one.
    pub(super) fn is_settled_by(&self, mark: u64) -> bool {
        let first = self.publications.front();
        first.is_some_and(|first| first.early.is_up_to(mark))
    }

    /// Adds the next one.
    pub(super) fn add(&mut self, early: Early, messages: Arc<[Message]>) {
        if self.marks.is_some_and(|marks| marks.first != early.first) {
            // Those of an earlier time are lost together with the log that had them.
            *self = Self::default();
        }
        self.marks = Some(early);
        self.publications.push_back(Publication {
            early,
            messages,
            at: None,
        });
    }

    /// The log has brought one, or a later one, and so all before it.
    pub(super) fn settle(&mut self, mark: u64) {
        while self.is_settled_by(mark) {
            self.publications.pop_front();
        }
        if self.publications.is_empty() {
            *self = Self::default();
        }
    }

    /// The log has taken one, at this position: it brings it, unless a gap is in its place.
    pub(super) fn taken(&mut self, mark: u64, at: Position) {
        let mut publications = self.publications.iter_mut();
        if let Some(taken) = publications.find(|one| one.early.last() == mark) {
            taken.at = Some(at.seq);
        }
        self.settle_gap();
    }

    /// There is a gap up to here. What lies in it is not brought any more; what the log has yet to take comes behind it.
    pub(super) fn skip(&mut self, head: Position) {
        self.settle(head.mark);
        if !self.publications.is_empty() {
            self.gap = Some(head.seq);
            self.settle_gap();
        }
    }

    fn settle_gap(&mut self) {
        let lies_in_gap =
            |one: &&Publication| self.gap.zip(one.at).is_some_and(|(gap, at)| at <= gap);
        let last = self.publications.iter().rev().find(lies_in_gap);
        if let Some(mark) = last.map(|last| last.early.last()) {
            self.settle(mark);
        }
    }
}
