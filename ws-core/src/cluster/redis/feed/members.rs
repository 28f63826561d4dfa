//! Who is in the channel of a feed: changes as they come, and everyone where changes are missing.

use super::{Feed, Need, State};
use crate::cluster::redis::census::Census;
use crate::cluster::redis::lease::NodeName;
use crate::cluster::redis::roster::Applied;
use crate::cluster::{Arrival, Change, Enrolment, Member};

impl Feed {
    pub(super) fn enrolled(
        &self,
        state: &mut State,
        version: u64,
        node: NodeName,
        enrolments: Vec<Enrolment>,
    ) -> Vec<Need> {
        let replaced = enrolments.iter().filter_map(|enrolment| match enrolment {
            Enrolment::Replace(key) => Some(Arrival::Replaced(*key)),
            Enrolment::Join(_) | Enrolment::Leave(_) => None,
        });
        let replaced: Vec<Arrival> = replaced.collect();
        let known = state.roster.apply(version, node, enrolments);
        let mut needs = vec![Need::NoteNode(node)];
        match known {
            Applied::Changed(changes) => self.tell_changes(state, changes),
            Applied::Outdated => needs.extend(self.need_roster(state)),
        }
        for arrival in replaced {
            self.tell(state, arrival);
        }
        self.changed();
        needs
    }

    /// Takes changes of this node that the others could not be told of.
    pub(crate) fn enrol_local(&self, node: NodeName, enrolments: Vec<Enrolment>) {
        let mut state = self.state();
        let changes = state.roster.enrol(node, enrolments);
        self.tell_changes(&mut state, changes);
    }

    /// Takes what was read of who is in the channel; `None` where that failed. Whether it has to be read again.
    pub(crate) fn roster_read(&self, census: Option<Census>) -> bool {
        let mut state = self.state();
        match census {
            None => state.roster.give_up_reading(),
            Some(census) => {
                let changes = state.roster.replace(census);
                self.tell_changes(&mut state, changes);
            }
        }
        self.changed();
        state.roster.is_reading()
    }

    /// Whether everyone is to be read once more, a while later.
    pub(crate) fn roster_is_provisional(&self) -> bool {
        self.state().roster.is_provisional()
    }

    /// Begins that reading. `false` where it is not needed any more.
    pub(crate) fn begin_confirming_roster(&self) -> bool {
        let mut state = self.state();
        let confirms = state.roster.is_provisional();
        if confirms {
            state.roster.begin_reading();
        }
        confirms
    }

    /// Removes the members of a node that is gone.
    pub(crate) fn bury(&self, gone: NodeName) {
        let mut state = self.state();
        let changes = state.roster.bury(gone);
        self.tell_changes(&mut state, changes);
    }

    /// Who is in the channel, as far as this node knows.
    pub(crate) fn members(&self) -> Vec<Member> {
        self.state().roster.members().cloned().collect()
    }

    /// Waits until this node knows of this many changes of who is in the channel.
    pub(crate) async fn knows(&self, version: u64) {
        let mut changes = self.changes.subscribe();
        let begun = self.state().roster.version();
        loop {
            {
                let state = self.state();
                let known = state.roster.version();
                // After a loss of data the count begins anew, and then everything is read again.
                if known >= Some(version) || known < begun {
                    return;
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    pub(super) fn need_roster(&self, state: &mut State) -> Vec<Need> {
        if state.roster.is_reading() {
            return Vec::new();
        }
        state.roster.begin_reading();
        vec![Need::Roster]
    }

    fn tell_changes(&self, state: &mut State, changes: Vec<Change>) {
        for change in changes {
            self.tell(state, Arrival::Change(change));
        }
    }
}
