//! Messages on one channel, from the first of several listeners' nodes to all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis_server::RedisServer;
use tokio::task::JoinSet;
use ws_core::RedisOptions;

use super::bare::Bare;
use super::hearing::{Hearing, Turns};
use super::metrics::{
    BROADCAST_16_CPU, BROADCAST_16_FRAME, BROADCAST_16_NODES, BROADCAST_16_RATE, BROADCAST_CPU,
    BROADCAST_FRAME, BROADCAST_NODES, BROADCAST_RATE, LATENCY_P50, LATENCY_P99, Metric,
    UNBATCHED_RATE, USED_RATE,
};
use super::node::{Listening, Node};
use super::run::{Figures, Kind, Part};
use super::scale::Scale;
use crate::contract::Broadcast;
use crate::load::{Latencies, LoadError, wrong};
use crate::measure::Process;

/// A Redis of their own, listeners, and who publishes.
struct Stage {
    redis: RedisServer,
    hearings: Vec<Arc<Hearing>>,
    publisher: Publisher,
    next: AtomicU64,
    _listening: Vec<Listening>,
}

enum Publisher {
    Ours(Vec<Node>, Arc<Turns>),
    Bare(Bare),
}

/// What a lap came to.
struct Lap {
    messages: u64,
    elapsed: Duration,
    redis: Duration,
    nodes: Duration,
    publications: f64,
}

/// Many publish at once.
pub(super) async fn broadcast(kind: Kind, part: Part, scale: &Scale) -> Result<Figures, LoadError> {
    let each = if part == Part::Broadcast16 { 16 } else { 1 };
    let stage = Arc::new(Stage::start(kind, scale).await?);
    stage.lap(scale.publishers, each, scale.warm_up).await?;
    let lap = stage.lap(scale.publishers, each, scale.window).await?;
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / lap.messages as f64;
    let rate = lap.messages as f64 / lap.elapsed.as_secs_f64() / 1e3;
    let metrics: [Metric; 4] = match part {
        Part::Broadcast16 => [
            BROADCAST_16_CPU,
            BROADCAST_16_RATE,
            BROADCAST_16_NODES,
            BROADCAST_16_FRAME,
        ],
        _ => [
            BROADCAST_CPU,
            BROADCAST_RATE,
            BROADCAST_NODES,
            BROADCAST_FRAME,
        ],
    };
    let frame = lap.messages as f64 / lap.publications;
    let figures = [micros(lap.redis), rate, micros(lap.nodes), frame];
    let mut figures: Figures = metrics.into_iter().zip(figures).collect();
    match (kind, part) {
        // As either is used: who publishes waits for Redis, and who broadcasts does not.
        (Kind::Bare, Part::Broadcast) | (Kind::Ours, Part::Broadcast16) => {
            figures.push((USED_RATE, rate));
        }
        (Kind::Ours, Part::Broadcast) => figures.push((UNBATCHED_RATE, rate)),
        (Kind::Unbatched, _) => figures = vec![(UNBATCHED_RATE, rate)],
        _ => {}
    }
    Ok(figures)
}

/// One publishes, and the next message when everybody has heard the last one.
pub(super) async fn latency(kind: Kind, scale: &Scale) -> Result<Figures, LoadError> {
    let stage = Stage::start(kind, scale).await?;
    stage.one_by_one(scale.warm_up).await?;
    let mut waits = stage.one_by_one(scale.window).await?;
    let mut wait = |part| waits.percentile(part).unwrap_or_default().as_secs_f64() * 1e6;
    Ok(vec![(LATENCY_P50, wait(0.5)), (LATENCY_P99, wait(0.99))])
}

impl Stage {
    async fn start(kind: Kind, scale: &Scale) -> Result<Self, LoadError> {
        let redis = RedisServer::start().map_err(std::io::Error::other)?;
        let mut listening = Vec::new();
        let (hearings, publisher) = match kind {
            Kind::Bare | Kind::Unbatched => {
                let hearings: Vec<_> = (0..scale.nodes).map(|_| Hearing::alone()).collect();
                let bare = match kind {
                    Kind::Unbatched => {
                        Bare::start_apart(&redis.url(), &hearings, scale.publishers).await?
                    }
                    _ => Bare::start(&redis.url(), &hearings).await?,
                };
                (hearings, Publisher::Bare(bare))
            }
            Kind::Ours => {
                let (hearings, turns) = Hearing::of_nodes(scale.nodes);
                let mut nodes = Vec::new();
                for (index, hearing) in hearings.iter().enumerate() {
                    let node = Node::start(RedisOptions::new(redis.url())).await?;
                    let user = format!("listener-{index}");
                    listening.push(node.listen(&user, Arc::clone(hearing)).await?);
                    nodes.push(node);
                }
                (hearings, Publisher::Ours(nodes, turns))
            }
        };
        Ok(Self {
            redis,
            hearings,
            publisher,
            next: AtomicU64::new(0),
            _listening: listening,
        })
    }

    /// Publishes for a while, with so many messages of each publisher under way.
    ///
    /// A caller of Redis has its answer when Redis has published. A node answers nobody: there, a message is under way until
    /// every node has heard it, which is later.
    async fn lap(
        self: &Arc<Self>,
        publishers: usize,
        each: usize,
        time: Duration,
    ) -> Result<Lap, LoadError> {
        let first = self.next.load(Ordering::Relaxed);
        let publications = calls(&self.redis)?;
        let (redis, nodes) = (self.redis.computed()?, Process::this().cpu()?);
        let begun = Instant::now();
        let end = begun + time;
        let mut tasks = JoinSet::new();
        let callers = match &self.publisher {
            Publisher::Ours(_, turns) => {
                turns.left.forget_permits(turns.left.available_permits());
                turns.left.add_permits(publishers * each);
                publishers
            }
            Publisher::Bare(_) => publishers * each,
        };
        for _ in 0..callers {
            let this = Arc::clone(self);
            tasks.spawn(async move { this.publish_until(end).await });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(std::io::Error::other)??;
        }
        let last = self.complete().await?;
        let (redis, nodes) = (
            self.redis.computed()?.saturating_sub(redis),
            Process::this().cpu()?.saturating_sub(nodes),
        );
        Ok(Lap {
            messages: self.next.load(Ordering::Relaxed) - first,
            elapsed: last - begun,
            redis,
            nodes,
            publications: calls(&self.redis)? - publications,
        })
    }

    async fn publish_until(&self, end: Instant) -> Result<(), LoadError> {
        loop {
            let turn = match &self.publisher {
                Publisher::Bare(_) => None,
                Publisher::Ours(_, turns) => Some(turns.left.acquire().await),
            };
            if Instant::now() >= end {
                return Ok(());
            }
            if let Some(turn) = turn {
                turn.map_err(std::io::Error::other)?.forget();
            }
            self.publish().await?;
        }
    }

    async fn publish(&self) -> Result<(), LoadError> {
        let message = message(self.next.fetch_add(1, Ordering::Relaxed));
        match &self.publisher {
            Publisher::Bare(bare) => bare.publish(&message).await,
            Publisher::Ours(nodes, _) => match nodes[0].channel.broadcast(&message) {
                Ok(()) => Ok(()),
                Err(error) => wrong(format!("a node refused a message: {error}")),
            },
        }
    }

    /// Waits until everybody has heard everything, and says when the last one has.
    async fn complete(&self) -> Result<Instant, LoadError> {
        let end = self.next.load(Ordering::Relaxed);
        let mut last = None;
        for hearing in &self.hearings {
            last = last.max(Some(hearing.complete(end).await?));
        }
        last.ok_or_else(|| LoadError::Wrong("there is no listener".to_owned()))
    }

    /// Gives how long each message took to another node.
    async fn one_by_one(&self, time: Duration) -> Result<Latencies, LoadError> {
        let mut waits = Latencies::default();
        let Some(elsewhere) = self.hearings.last() else {
            return wrong("there is no listener");
        };
        let end = Instant::now() + time;
        while Instant::now() < end {
            let begun = Instant::now();
            self.publish().await?;
            let heard = elsewhere
                .complete(self.next.load(Ordering::Relaxed))
                .await?;
            waits.note(heard - begun);
            self.complete().await?;
        }
        Ok(waits)
    }
}

/// How often something was published so far, by a script or without.
pub(super) fn calls(redis: &RedisServer) -> std::io::Result<f64> {
    let statistics = redis.ask(&["INFO", "commandstats"])?;
    let calls = statistics.lines().filter_map(|line| {
        let (command, figures) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let is_counted = ["publish", "eval", "evalsha"].contains(&command);
        is_counted.then(|| figures.split(',').next()?.parse::<f64>().ok())?
    });
    Ok(calls.sum())
}

/// As much as a line of a chat: some 200 bytes with its envelope.
fn message(id: u64) -> Broadcast {
    Broadcast {
        room: "bench".to_owned(),
        id,
        user: "user-0042".to_owned(),
        text: "The quick brown fox jumps over the lazy dog, and the lazy dog lets it: it has seen many foxes come by."
            .to_owned(),
        ts: 1_764_000_000_000_u64.into(),
    }
}
