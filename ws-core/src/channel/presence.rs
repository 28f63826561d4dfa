//! What the application is told of who is there: changes by [`Presence`], and everyone by [`Participants`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;
use std::{slice, vec};

use super::hook::Absent;
use crate::cluster::{Change, Member, Roll};

/// A user joined a channel with their first connection, or left it with their last one, on whatever node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The user with this id joined: they were not in the channel before.
    Joined(String),
    /// The user with this id left: they are not in the channel any more.
    Left(String),
}

impl From<Change> for Presence {
    fn from(change: Change) -> Self {
        match change {
            Change::Joined(user) => Self::Joined(String::from(&*user)),
            Change::Left(last) => Self::Left(String::from(&*last.user)),
        }
    }
}

/// A user in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Participant {
    /// The user's id.
    pub user: String,
    /// The number of connections that the user has in the channel, on all nodes.
    ///
    /// It is 0 if the user has just left, and may still be back within the grace period of
    /// [`on_presence_after`](crate::Channel::on_presence_after).
    pub connections: usize,
    /// When the first of these connections was registered, or the last one of a user who may be back.
    pub since: SystemTime,
}

/// The users in a channel, on all nodes, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participants {
    users: Vec<Participant>,
    stale: bool,
}

impl Participants {
    /// Those of the roll, and those who are absent.
    pub(super) fn of(roll: Roll, absent: Absent) -> Self {
        let mut users: BTreeMap<Arc<str>, Participant> = BTreeMap::new();
        let new = |user: &str, since| Participant {
            user: user.to_owned(),
            connections: 0,
            since,
        };
        for Member { user, since, .. } in roll.members {
            let new = new(&user, since);
            let participant = users.entry(user).or_insert(new);
            participant.connections += 1;
            participant.since = participant.since.min(since);
        }
        for (user, since) in absent {
            let new = new(&user, since);
            users.entry(user).or_insert(new);
        }
        Self {
            users: users.into_values().collect(),
            stale: roll.is_stale,
        }
    }

    /// Returns an iterator over the users, ordered by id.
    ///
    /// ```
    /// # fn show(participants: &ws_core::Participants) {
    /// println!("{} are here", participants.len());
    /// for participant in participants {
    ///     println!("{}", participant.user);
    /// }
    /// # }
    /// ```
    pub fn iter(&self) -> slice::Iter<'_, Participant> {
        self.users.iter()
    }

    /// Returns the number of users.
    pub const fn len(&self) -> usize {
        self.users.len()
    }

    /// Returns `true` if there are no users.
    pub const fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Returns at most `most` users, ordered by id: the first ones, or those that come after the user `behind`.
    ///
    /// ```
    /// # fn show(participants: &ws_core::Participants) {
    /// let mut page = participants.page(None, 100);
    /// while let Some(last) = page.last() {
    ///     // …
    ///     page = participants.page(Some(&last.user), 100);
    /// }
    /// # }
    /// ```
    pub fn page(&self, behind: Option<&str>, most: usize) -> &[Participant] {
        let start = behind.map_or(0, |behind| {
            self.users
                .partition_point(|user| user.user.as_str() <= behind)
        });
        let rest = self.users.get(start..).unwrap_or_default();
        rest.get(..most).unwrap_or(rest)
    }

    /// Returns the user with this id.
    pub fn get(&self, user: &str) -> Option<&Participant> {
        let place = self
            .users
            .binary_search_by(|participant| participant.user.as_str().cmp(user))
            .ok()?;
        self.users.get(place)
    }

    /// Returns `true` if some nodes could not be asked, so that what is known about their users may be out of date.
    pub const fn is_stale(&self) -> bool {
        self.stale
    }
}

impl<'a> IntoIterator for &'a Participants {
    type Item = &'a Participant;
    type IntoIter = slice::Iter<'a, Participant>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Participants {
    type Item = Participant;
    type IntoIter = vec::IntoIter<Participant>;

    fn into_iter(self) -> Self::IntoIter {
        self.users.into_iter()
    }
}
