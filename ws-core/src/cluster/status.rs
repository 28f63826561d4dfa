//! [`ClusterStatus`]: how well the nodes are connected.

use std::time::SystemTime;

/// The state of a node's connection to the other nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterStatus {
    /// Everything works.
    Up,
    /// Some or all other nodes cannot be reached. Delivery within this node continues, and what is sent in the meantime
    /// is kept for the others, up to a limit.
    Degraded {
        /// When this began.
        since: SystemTime,
        /// The first thing that was noticed, as text for people.
        why: String,
    },
    /// The node has left the cluster.
    Closed,
}
