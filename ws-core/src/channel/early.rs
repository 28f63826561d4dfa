use std::collections::VecDeque;
use std::sync::Arc;

use crate::cluster::Message;
use crate::protocol::Early;

/// What was given early, in order, each with the marks up to its own.
pub(super) type Publications = Vec<(Early, Arc<[Message]>)>;

/// What the members of this node have been given before the log had it, and what the log has yet to bring again.
///
/// Who comes meanwhile is given it, too, or told that it is older: so nobody needs it when the log brings it, but those who
/// are given only what the log has.
#[derive(Default)]
pub(super) struct Pending {
    marks: Option<Early>,
    publications: VecDeque<(Early, Arc<[Message]>)>,
}

impl Pending {
    /// The marks that members have been given.
    pub(super) fn marks(&self) -> Option<Early> {
        self.marks
    }

    /// Each with the marks up to its own.
    pub(super) fn publications(&self) -> Publications {
        self.publications.iter().cloned().collect()
    }

    pub(super) fn has(&self, nonce: u64) -> bool {
        let mut publications = self.publications.iter();
        publications.any(|(early, _)| early.last() == nonce)
    }

    /// Adds the next one.
    pub(super) fn add(&mut self, early: Early, messages: Arc<[Message]>) {
        if self.marks.is_some_and(|marks| marks.first != early.first) {
            // Those of an earlier time are lost together with the log that had them.
            self.publications.clear();
        }
        self.marks = Some(early);
        self.publications.push_back((early, messages));
    }

    /// The log has brought one, and so all before it: they were published in this order.
    pub(super) fn settle(&mut self, nonce: u64) {
        while let Some((early, _)) = self.publications.pop_front() {
            if early.last() == nonce {
                break;
            }
        }
        if self.publications.is_empty() {
            self.marks = None;
        }
    }
}
