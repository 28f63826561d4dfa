//! Who is in a channel on all nodes, as one of them knows it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::census::Census;
use super::lease::NodeName;
use crate::cluster::attendance::Attendance;
use crate::cluster::{Change, Enrolment, Member};

/// The members of a channel, and how often they have changed.
///
/// Each change has a number. One that does not continue what is known, because another was lost, is answered with
/// [`Applied::Outdated`]: then everything is read anew.
#[derive(Debug, Default)]
pub(super) struct Roster {
    attendance: Attendance<NodeName>,
    /// `None` before everything was read for the first time.
    version: Option<u64>,
    /// What comes while everything is read.
    journal: Option<Journal>,
    /// When everything was read, some of what was known before was kept, which could not be read.
    is_provisional: bool,
}

/// Changes in the order in which they came, as many of the last ones as are kept.
#[derive(Debug, Default)]
struct Journal {
    changes: Vec<(u64, NodeName, Vec<Enrolment>)>,
    enrolments: usize,
}

impl Journal {
    /// Where it takes so long to read everything that there are more, it is read once more.
    const MOST: usize = 16 * 1024;

    fn add(&mut self, version: u64, node: NodeName, enrolments: Vec<Enrolment>) {
        self.enrolments += enrolments.len();
        if self.enrolments > Self::MOST {
            self.enrolments = enrolments.len();
            self.changes.clear();
        }
        self.changes.push((version, node, enrolments));
    }
}

/// What a change made of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Applied {
    Changed(Vec<Change>),
    /// Changes are missing: [`begin_reading`](Roster::begin_reading).
    Outdated,
}

impl Roster {
    pub(super) fn version(&self) -> Option<u64> {
        self.version
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.attendance.members()
    }

    /// Whether everything is being read.
    pub(super) fn is_reading(&self) -> bool {
        self.journal.is_some()
    }

    /// Takes the next change.
    pub(super) fn apply(
        &mut self,
        version: u64,
        node: NodeName,
        enrolments: Vec<Enrolment>,
    ) -> Applied {
        if let Some(journal) = &mut self.journal {
            journal.add(version, node, enrolments);
            return Applied::Changed(Vec::new());
        }
        match self.version {
            Some(known) if version == known + 1 => {
                self.version = Some(version);
                Applied::Changed(self.enrol(node, enrolments))
            }
            _ => Applied::Outdated,
        }
    }

    /// Takes a change of this node that nobody could be told of.
    pub(super) fn enrol(&mut self, node: NodeName, enrolments: Vec<Enrolment>) -> Vec<Change> {
        let mut changes = Vec::new();
        for enrolment in enrolments {
            changes.extend(match enrolment {
                Enrolment::Join(member) => self.attendance.join(node, member),
                Enrolment::Leave(connection) => self.attendance.leave(connection),
                Enrolment::Replace(_) => None,
            });
        }
        changes
    }

    /// Everything is about to be read: what comes from now on is kept for then.
    pub(super) fn begin_reading(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// Whether everything is to be read once more, when the others have had the time to tell it again, or to leave.
    pub(super) fn is_provisional(&self) -> bool {
        self.is_provisional && !self.is_reading()
    }

    /// Everything could not be read.
    pub(super) fn give_up_reading(&mut self) {
        self.journal = None;
    }

    /// Takes everything that was read, and what came meanwhile. Where a change is missing between the two, it begins
    /// [another reading](Self::is_reading). What is known of nodes that may return is kept, [provisionally](Self::is_provisional);
    /// and so it is with all others where Redis has lost what it was told, for it is told again.
    pub(super) fn replace(&mut self, census: Census) -> Vec<Change> {
        let is_first = self.version.is_none();
        let has_lost = self.version.is_some_and(|known| census.version < known);
        self.is_provisional = census.is_guess;
        let old = std::mem::take(&mut self.attendance);
        let before: HashSet<Arc<str>> = old.users().cloned().collect();
        let mut gone = HashMap::new();
        for (node, member) in old.into_members() {
            let may_return = has_lost || census.may_return.contains(&node);
            if may_return && node.id != census.reader {
                self.is_provisional = true;
                self.attendance.join(node, member);
            } else {
                gone.insert(Arc::clone(&member.user), member);
            }
        }
        for (node, member) in census.members {
            self.attendance.join(node, member);
        }
        self.version = Some(census.version);
        let left = gone
            .into_iter()
            .filter(|(user, _)| !self.attendance.has_user(user))
            .map(|(_, last)| Change::Left(last));
        let joined = self
            .attendance
            .users()
            .filter(|user| !before.contains(*user));
        let mut changes: Vec<Change> = left.chain(joined.cloned().map(Change::Joined)).collect();
        if is_first {
            // Users who were there before this node looked have not joined now.
            changes.clear();
        }
        let journal = self.journal.take().unwrap_or_default();
        let new = journal.changes.into_iter();
        for (version, node, enrolments) in new.filter(|change| change.0 > census.version) {
            match self.apply(version, node, enrolments) {
                Applied::Changed(more) => changes.extend(more),
                Applied::Outdated => {
                    self.begin_reading();
                    break;
                }
            }
        }
        changes
    }

    /// A node is gone, and all of its members with it.
    pub(super) fn bury(&mut self, gone: NodeName) -> Vec<Change> {
        self.attendance.leave_node(gone)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::protocol::ConnectionId;

    const NODE: NodeName = NodeName {
        id: 1,
        incarnation: 0,
    };

    fn joins(user: &str) -> Vec<Enrolment> {
        let connection = ConnectionId::random();
        let (user, since) = (user.into(), SystemTime::now());
        vec![Enrolment::Join(Member {
            user,
            connection,
            since,
        })]
    }

    fn census(version: u64) -> Census {
        Census {
            version,
            members: Vec::new(),
            may_return: HashSet::new(),
            reader: 7,
            is_guess: false,
        }
    }

    #[test]
    fn what_comes_while_everything_is_read_does_not_add_up() {
        let mut roster = Roster::default();
        roster.begin_reading();
        for version in 1..=100_000 {
            roster.apply(version, NODE, joins("ana"));
        }
        let kept = roster.journal.as_ref().unwrap().changes.len();
        assert!(kept <= Journal::MOST, "{kept}");
        // What was dropped is read.
        roster.replace(census(0));
        assert!(roster.is_reading());
        roster.apply(100_001, NODE, joins("bea"));
        roster.replace(census(100_000));
        assert!(!roster.is_reading());
        assert_eq!(roster.version(), Some(100_001));
    }

    #[test]
    fn a_change_that_is_lost_while_everything_is_read_is_read_as_well() {
        let mut roster = Roster::default();
        roster.begin_reading();
        roster.apply(2, NODE, joins("ana"));
        roster.apply(4, NODE, joins("bea"));
        roster.replace(census(1));
        assert_eq!(roster.members().count(), 1);
        assert!(roster.is_reading());
    }
}
