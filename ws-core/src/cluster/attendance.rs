//! Who is in a channel: the table that every kind of cluster uses.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Change, Member};
use crate::protocol::ConnectionId;

/// The members of a channel, each with the node at which it is, and how many of them each user has.
#[derive(Debug)]
pub(super) struct Attendance<N> {
    members: HashMap<ConnectionId, (N, Member)>,
    connections: HashMap<Arc<str>, usize>,
}

impl<N> Default for Attendance<N> {
    fn default() -> Self {
        Self {
            members: HashMap::new(),
            connections: HashMap::new(),
        }
    }
}

impl<N: Copy + PartialEq> Attendance<N> {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values().map(|(_, member)| member)
    }

    /// Adds a connection. Returns the change where it is the first of its user. For one that is there already, only the node is
    /// updated.
    pub(super) fn join(&mut self, node: N, member: Member) -> Option<Change> {
        let user = Arc::clone(&member.user);
        let before = self.members.insert(member.connection, (node, member));
        if before.is_some() {
            return None;
        }
        let connections = self.connections.entry(Arc::clone(&user)).or_default();
        *connections += 1;
        (*connections == 1).then_some(Change::Joined(user))
    }

    /// Removes a connection. Returns the change where it was the last of its user.
    pub(super) fn leave(&mut self, connection: ConnectionId) -> Option<Change> {
        let (_, member) = self.members.remove(&connection)?;
        let connections = self.connections.get_mut(&member.user)?;
        *connections -= 1;
        if *connections > 0 {
            return None;
        }
        self.connections.remove(&member.user);
        Some(Change::Left(member))
    }

    /// Removes all members of a node.
    pub(super) fn leave_node(&mut self, gone: N) -> Vec<Change> {
        let members = self.members.iter();
        let there = members.filter(|(_, (node, _))| *node == gone);
        let there: Vec<ConnectionId> = there.map(|(connection, _)| *connection).collect();
        there
            .into_iter()
            .filter_map(|connection| self.leave(connection))
            .collect()
    }
}

/// For a cluster that takes over what it has read elsewhere.
#[cfg(feature = "redis")]
impl<N: Copy + PartialEq> Attendance<N> {
    /// The members, each with its node.
    pub(super) fn into_members(self) -> impl Iterator<Item = (N, Member)> {
        self.members.into_values()
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.connections.keys()
    }

    pub(super) fn has_user(&self, user: &str) -> bool {
        self.connections.contains_key(user)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn member(user: &str) -> Member {
        Member {
            user: user.into(),
            connection: ConnectionId::random(),
            since: SystemTime::now(),
        }
    }

    #[test]
    fn a_user_comes_with_the_first_connection_and_leaves_with_the_last_on_whatever_node() {
        let mut there = Attendance::default();
        let [here, elsewhere, bea] = [member("ana"), member("ana"), member("bea")];
        let joined = |user: &str| Some(Change::Joined(user.into()));
        assert_eq!(there.join(1, here.clone()), joined("ana"));
        assert_eq!(there.join(2, elsewhere.clone()), None);
        assert_eq!(there.join(1, bea.clone()), joined("bea"));
        assert_eq!(there.leave(here.connection), None);
        assert!(there.has_user("ana"));
        let last = Some(Change::Left(elsewhere.clone()));
        assert_eq!(there.leave(elsewhere.connection), last);
        assert!(!there.has_user("ana"));
        assert_eq!(there.users().count(), 1);
        assert_eq!(there.leave_node(1), [Change::Left(bea)]);
        assert!(there.is_empty());
    }

    #[test]
    fn who_comes_twice_or_leaves_without_having_come_changes_nothing() {
        let mut there = Attendance::default();
        let ana = member("ana");
        assert_eq!(there.leave(ana.connection), None);
        there.join(1, ana.clone());
        assert_eq!(there.join(1, ana.clone()), None);
        assert_eq!(there.members().count(), 1);
        assert_eq!(there.leave(ana.connection), Some(Change::Left(ana.clone())));
        assert_eq!(there.leave(ana.connection), None);
    }

    #[test]
    fn a_node_that_is_gone_takes_its_own_members_alone() {
        let mut there = Attendance::default();
        let [here, elsewhere] = [member("ana"), member("ana")];
        there.join(1, here);
        there.join(2, elsewhere);
        assert_eq!(there.leave_node(1), []);
        assert_eq!(there.leave_node(1), []);
        assert_eq!(there.into_members().count(), 1);
    }
}
