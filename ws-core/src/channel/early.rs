//! What members of this node were given early: before the log had it. Knows the log only as what settles it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::cluster::Message;
use crate::protocol::{Early, Position};

/// What was given early, in order, each with the marks up to its own.
pub(super) type Publications = Vec<(Early, Arc<[Message]>)>;

/// What the members of this node were given early, and the log has yet to bring.
///
/// Members that come meanwhile are given it, too, or told that it is older. So when the log brings it, only those members need it
/// that are given nothing but what the log has.
///
/// The log has publications in the order in which they were published. So when one is settled, all before it are.
#[derive(Default)]
pub(super) struct Pending {
    marks: Option<Early>,
    publications: VecDeque<Publication>,
    /// The end of a gap, behind which the log may bring it.
    gap: Option<u64>,
}

struct Publication {
    /// The marks up to its own.
    early: Early,
    messages: Arc<[Message]>,
    /// Its number in the log, once the log has taken it.
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

    /// Whether the log settles something by bringing the publication of this mark: one of these, or a later one.
    pub(super) fn is_settled_by(&self, mark: u64) -> bool {
        let first = self.publications.front();
        first.is_some_and(|first| first.early.is_up_to(mark))
    }

    /// Adds the next one.
    pub(super) fn add(&mut self, early: Early, messages: Arc<[Message]>) {
        if self.marks.is_some_and(|marks| marks.first != early.first) {
            // Those of an earlier outage are lost, together with the log that had them.
            *self = Self::default();
        }
        self.marks = Some(early);
        self.publications.push_back(Publication {
            early,
            messages,
            at: None,
        });
    }

    /// Forgets the publication of this mark and all before it, because the log has brought it.
    pub(super) fn settle(&mut self, mark: u64) {
        while self.is_settled_by(mark) {
            self.publications.pop_front();
        }
        if self.publications.is_empty() {
            *self = Self::default();
        }
    }

    /// Notes where the log has taken a publication. It will bring it there, or a gap in its place.
    pub(super) fn note_taken(&mut self, mark: u64, at: Position) {
        let mut publications = self.publications.iter_mut();
        if let Some(taken) = publications.find(|one| one.early.last() == mark) {
            taken.at = Some(at.seq);
        }
        self.settle_gap();
    }

    /// Notes a gap that ends here. What lies in it is not brought any more; what the log has yet to take comes behind it.
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
