//! [`ClusterStatus`]: how well the nodes are connected.

use std::time::SystemTime;

/// How the connection of a node to the others is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterStatus {
    /// Everything is as it should be.
    Up,
    /// Other nodes cannot be reached, or not all. Delivery within this node goes on; what is sent meanwhile is kept for the
    /// others, within its bound.
    Degraded {
        /// Since when.
        since: SystemTime,
        /// What was noticed first, in words for people.
        why: String,
    },
    /// The node has left the cluster.
    Closed,
}
