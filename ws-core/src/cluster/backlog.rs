//! How much of what a node has sent the other nodes have yet to be given.

use std::time::Duration;

/// What waits on a node because other nodes cannot be reached: see [`Cluster::backlog`](crate::Cluster::backlog).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backlog {
    /// How many messages.
    pub messages: usize,
    /// How many bytes they have, as they will be sent.
    pub bytes: usize,
    /// For how long the oldest of them has waited. `None` where nothing waits.
    pub age: Option<Duration>,
}
