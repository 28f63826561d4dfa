use super::run::Part;

/// Something that is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name in the JSON.
    pub key: &'static str,
    /// Its name in the table.
    pub title: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// The part that measures it of this library.
    pub part: Part,
    /// What this library is to reach.
    pub goal: Option<Goal>,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// The median.
    AtMost(f64),
    /// Every single one.
    AllAtMost(f64),
    /// The median of the ratios to bare `PUBLISH` in the same round.
    AtMostTimes(f64),
    /// The median of the ratios to bare `PUBLISH` in the same round.
    AtLeastTimes(f64),
}

impl Metric {
    /// The part that measures it of bare `PUBLISH`, where that is measured.
    pub fn part_of_bare(&self) -> Option<Part> {
        match self.part {
            Part::Broadcast16 if *self == USED_RATE => Some(Part::Broadcast),
            Part::Broadcast | Part::Broadcast16 | Part::Latency => Some(self.part),
            Part::Joins | Part::Deaths | Part::Restart => None,
        }
    }
}

macro_rules! metrics {
    ($($name:ident = $key:literal $title:literal $unit:literal $part:ident $goal:expr;)*) => {
        $(
            pub(super) const $name: Metric = Metric {
                key: $key,
                title: $title,
                unit: $unit,
                part: Part::$part,
                goal: $goal,
            };
        )*
        /// Everything that is measured, in the order of the table.
        pub const METRICS: &[Metric] = &[$($name),*];
    };
}

metrics! {
    BROADCAST_CPU = "broadcast.redis-cpu" "broadcast: Redis CPU for each message" "µs" Broadcast Some(Goal::AtMost(2.0));
    BROADCAST_RATE = "broadcast.rate" "broadcast: messages" "k/s" Broadcast Some(Goal::AtLeastTimes(3.0));
    UNBATCHED_RATE = "broadcast.unbatched" "broadcast, beside callers with a connection each: messages" "k/s" Broadcast Some(Goal::AtLeastTimes(3.0));
    BROADCAST_NODES = "broadcast.nodes-cpu" "broadcast: CPU of all nodes for each message" "µs" Broadcast None;
    BROADCAST_FRAME = "broadcast.frame" "broadcast: messages published at once" "" Broadcast None;
    BROADCAST_16_CPU = "broadcast-16.redis-cpu" "broadcast, 16 each: Redis CPU for each message" "µs" Broadcast16 Some(Goal::AtMost(2.0));
    BROADCAST_16_RATE = "broadcast-16.rate" "broadcast, 16 each: messages" "k/s" Broadcast16 Some(Goal::AtLeastTimes(3.0));
    BROADCAST_16_NODES = "broadcast-16.nodes-cpu" "broadcast, 16 each: CPU of all nodes for each message" "µs" Broadcast16 None;
    BROADCAST_16_FRAME = "broadcast-16.frame" "broadcast, 16 each: messages published at once" "" Broadcast16 None;
    USED_RATE = "broadcast.used" "broadcast, 16 each, beside callers that wait: messages" "k/s" Broadcast16 Some(Goal::AtLeastTimes(3.0));
    LATENCY_P50 = "latency.p50" "one at a time: to another node, p50" "µs" Latency Some(Goal::AtMostTimes(1.5));
    LATENCY_P99 = "latency.p99" "one at a time: to another node, p99" "µs" Latency None;
    JOIN_CPU = "joins.redis-cpu" "joins: Redis CPU for each" "µs" Joins Some(Goal::AtMost(3.0));
    JOIN_RATE = "joins.rate" "joins" "k/s" Joins None;
    JOIN_BATCH = "joins.batch" "joins told at once" "" Joins None;
    DEATH = "deaths.left" "a killed node's participants have left after" "s" Deaths Some(Goal::AllAtMost(3.5));
}
