//! The name under which a node is known, and the lease by which others see that it lives.

use std::fmt;
use std::time::Duration;

use redis::Value;

use super::reply;

/// A node, as other nodes know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeName {
    /// Drawn when the process starts.
    pub(super) id: u64,
    /// Higher after each time that the node's lease was lost. A name that others have buried is never used again.
    pub(super) incarnation: u32,
}

impl NodeName {
    pub(super) fn random() -> Self {
        Self {
            id: rand::random(),
            incarnation: 0,
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (id, incarnation) = text.split_once('.')?;
        Some(Self {
            id: u64::from_str_radix(id, 16).ok()?,
            incarnation: incarnation.parse().ok()?,
        })
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}.{}", self.id, self.incarnation)
    }
}

/// What a node is told when it renews its lease.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heartbeat {
    /// Whether the lease had not ended before.
    pub(super) was_held: bool,
    /// The nodes that are there, and how long they count as that.
    pub(super) alive: Vec<(NodeName, Duration)>,
    /// Nodes that are gone, of which something is left.
    pub(super) ended: Vec<NodeName>,
}

impl Heartbeat {
    pub(super) fn read(value: Value) -> Option<Self> {
        let mut parts = reply::array(value)?.into_iter();
        let was_held = reply::integer(&parts.next()?)? == 1;
        let mut alive = Vec::new();
        let mut pairs = reply::array(parts.next()?)?.into_iter();
        while let (Some(name), Some(left)) = (pairs.next(), pairs.next()) {
            if let Some(name) = NodeName::parse(&reply::text(name)?) {
                let left = u64::try_from(reply::integer(&left)?).unwrap_or_default();
                alive.push((name, Duration::from_millis(left)));
            }
        }
        let ended = reply::array(parts.next()?)?
            .into_iter()
            .filter_map(|name| NodeName::parse(&reply::text(name)?))
            .collect();
        Some(Self {
            was_held,
            alive,
            ended,
        })
    }
}
