//! How much of what a node has sent the other nodes have yet to be given.

use std::time::Duration;

/// The messages that wait on a node because other nodes cannot be reached.
///
/// See [`Cluster::backlog`](crate::Cluster::backlog).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backlog {
    /// The number of messages.
    pub messages: usize,
    /// The size of the messages in bytes, as they will be sent.
    pub bytes: usize,
    /// How long the oldest of them has been waiting. `None` if nothing is waiting.
    pub age: Option<Duration>,
}
