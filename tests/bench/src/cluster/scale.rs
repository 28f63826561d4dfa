use std::time::Duration;

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The nodes that hear everything.
    pub nodes: usize,
    /// Who publishes at once, all at the first node.
    pub publishers: usize,
    /// How long a lap takes.
    pub window: Duration,
    /// How long the same goes before it, unmeasured.
    pub warm_up: Duration,
    /// How many clients join.
    pub joins: usize,
    /// How many of them come at the same time, as after the end of a node.
    pub at_once: usize,
    /// How often a node is killed, in as many phases of its heartbeat.
    pub kills: usize,
    /// How long the nodes that are killed are believed in.
    pub lease: Duration,
    /// How long a short and a long outage of Redis are.
    pub outages: (Duration, Duration),
    /// How long messages flow before Redis is killed, and after all has been seen.
    pub calm: Duration,
    /// How long after a restart messages must flow again.
    pub recovery: Duration,
}

impl Scale {
    /// As the goals are meant.
    pub const FULL: Self = Self {
        nodes: 4,
        publishers: 64,
        window: Duration::from_secs(2),
        warm_up: Duration::from_secs(1),
        joins: 10_000,
        at_once: 1_000,
        kills: 8,
        lease: Duration::from_secs(3),
        outages: (Duration::from_secs(1), Duration::from_secs(10)),
        calm: Duration::from_secs(2),
        recovery: Duration::from_secs(5),
    };
}
