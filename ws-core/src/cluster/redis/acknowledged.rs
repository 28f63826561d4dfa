//! What the log has acknowledged of what this node has published, and may lose all the same: where another server takes over, or
//! where one restarts. Whoever has not been given it by then cannot know that it was there, so this node tells them.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use redis::cmd;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::backoff::Backoff;
use super::connector::Address;
use super::failure::Failure;
use super::frame;
use super::keys::Partition;
use super::log::{self, Post};
use super::node::Node;
use super::reply;
use crate::cluster::{Message, Retention};

/// How often it is seen that the servers are still the same, where this node may have nothing else to do with them.
const PERIOD: Duration = Duration::from_secs(1);

/// How many channels are looked up at once.
const BATCH: usize = 256;

/// The last frame of this node that was acknowledged in each channel.
#[derive(Default)]
pub(super) struct Acknowledged {
    channels: Mutex<HashMap<String, LastFrame>>,
    /// The partitions of all channels that there ever were, a bit for each.
    partitions: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct LastFrame {
    /// Its number among all that this node appends.
    pub(super) number: u64,
    retention: Retention,
    at: Instant,
}

impl Acknowledged {
    /// The most channels that are kept: about 150 bytes each, and the name. Of more, the half is forgotten in which nothing was
    /// published for the longest time.
    const MOST: usize = 65_536;

    /// How long they are kept. Redis keeps the number for a day.
    const LIFE: Duration = Duration::from_secs(20 * 60 * 60);

    pub(super) fn last(&self, channel: &str) -> Option<LastFrame> {
        let last = self.lock().get(channel).copied();
        last.filter(|last| last.at.elapsed() < Self::LIFE)
    }

    pub(super) fn note(&self, channel: &str, number: u64, retention: Retention) {
        let mut channels = self.lock();
        let new = LastFrame {
            number,
            retention,
            at: Instant::now(),
        };
        if let Some(last) = channels.get_mut(channel) {
            *last = new;
            return;
        }
        if channels.len() >= Self::MOST {
            forget_older_half(&mut channels);
        }
        channels.insert(channel.to_owned(), new);
        let bit = 1 << Partition::of(channel).index();
        self.partitions.fetch_or(bit, Ordering::Relaxed);
    }

    fn partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        let bits = self.partitions.load(Ordering::Relaxed);
        Partition::all().filter(move |partition| bits & (1 << partition.index()) != 0)
    }

    /// The channels of each partition.
    fn by_partition(&self) -> HashMap<Partition, Vec<(String, LastFrame)>> {
        let mut partitions: HashMap<_, Vec<_>> = HashMap::new();
        let channels = self.lock();
        let channels = channels.iter();
        for (channel, last) in channels.filter(|(_, last)| last.at.elapsed() < Self::LIFE) {
            let partition = partitions.entry(Partition::of(channel)).or_default();
            partition.push((channel.clone(), *last));
        }
        partitions
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, LastFrame>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_older_half(channels: &mut HashMap<String, LastFrame>) {
    let mut times: Vec<Instant> = channels.values().map(|last| last.at).collect();
    let middle = times.len() / 2;
    let (_, middle, _) = times.select_nth_unstable(middle);
    let middle = *middle;
    channels.retain(|_, last| last.at > middle);
}

impl Node {
    /// Looks when there are new connections, as long as the node lives: what is behind them may be another server, or have lost
    /// something. What is published later is looked at when something follows it.
    pub(super) async fn watch_acknowledged(self: Arc<Self>) {
        let connections = self.commands.connections();
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut backoff = Backoff::new(PERIOD, 5 * PERIOD);
        let mut looked = 0;
        loop {
            ticks.tick().await;
            self.call_owners().await;
            let now = *connections.borrow();
            if now == looked {
                continue;
            }
            match self.look_for_acknowledged().await {
                Ok(()) => {
                    looked = now;
                    backoff.reset();
                }
                Err(failure) => {
                    tracing::debug!(%failure, "whether Redis has lost messages is not known yet");
                    sleep(backoff.next()).await;
                }
            }
        }
    }

    /// Calls every server that this node has published at: where another one has taken over, the connection is lost.
    async fn call_owners(&self) {
        let partitions = self.acknowledged.partitions();
        let owners: BTreeMap<Address, Partition> = partitions
            .filter_map(|partition| Some((self.topology.owner(partition)?, partition)))
            .collect();
        let ping = cmd("PING");
        let calls = owners
            .into_values()
            .map(|partition| self.commands.call(partition, &ping));
        join_all(calls).await;
    }

    /// Looks whether the logs still have what they have acknowledged, and tells where they have not.
    async fn look_for_acknowledged(&self) -> Result<(), Failure> {
        let partitions = self.acknowledged.by_partition().into_iter();
        let looks = partitions.map(async |(partition, channels)| {
            let mut looked = Ok(());
            for batch in channels.chunks(BATCH) {
                let lost = self.lost(partition, batch).await?;
                if let Some((channel, _)) = lost.first() {
                    warn_of_loss(channel, lost.len());
                }
                for (channel, last) in lost {
                    match self.tell_loss(channel, last).await {
                        // It says nothing of the others.
                        Err(failure) if failure.is_refusal() => looked = Err(failure),
                        told => told?,
                    }
                }
            }
            looked
        });
        let looks = join_all(looks).await.into_iter();
        looks.fold(Ok(()), Result::and)
    }

    /// Those of these channels whose logs have gone back.
    async fn lost<'a>(
        &self,
        partition: Partition,
        channels: &'a [(String, LastFrame)],
    ) -> Result<Vec<(&'a str, LastFrame)>, Failure> {
        let me = self.name().id;
        let mut get = cmd("MGET");
        for (channel, _) in channels {
            get.arg(self.keys.channel(channel).appended(me));
        }
        let answer = self.commands.call(partition, &get).await?;
        let appended = reply::array(answer).ok_or_else(|| Failure::nonsense("MGET"))?;
        let channels = channels.iter().zip(appended);
        let lost = channels.filter_map(|((channel, last), appended)| {
            let is_lost = log::number_of(appended) < last.number;
            is_lost.then_some((channel.as_str(), *last))
        });
        Ok(lost.collect())
    }

    /// Tells the members of a channel, on all nodes, that the log has lost messages of this node, up to this frame; unless it has
    /// not, or was told so before.
    pub(super) async fn tell_loss(&self, channel: &str, last: LastFrame) -> Result<(), Failure> {
        let keys = self.keys.channel(channel);
        let frame = frame::encode_messages(self.name(), &[Message::Gap]);
        // In the place of the last frame that was lost: so it is appended once, before everything that follows that, and where it
        // is lost itself, that is noticed as well.
        let gap = Post::new(log::random_mark(), frame, 1, last.retention)
            .numbered(self.name().id, last.number);
        match log::append(self.publications(), &keys, self.words.publish, &gap, None).await {
            // What too few replicas have is there all the same.
            Ok(_) | Err(Failure::Unreplicated(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

pub(super) fn warn_of_loss(channel: &str, channels: usize) {
    tracing::warn!(
        channel,
        channels,
        "Redis has lost messages that it had acknowledged, as in a failover: clients are told with a gap \
         (see `RedisOptions::with_min_replicas`)"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETENTION: Retention = Retention::new(1, Duration::from_secs(1));

    #[test]
    fn of_more_channels_than_are_kept_those_stay_that_were_published_in_lately() {
        let acknowledged = Acknowledged::default();
        for number in 1..=Acknowledged::MOST {
            acknowledged.note(&number.to_string(), number as u64, RETENTION);
        }
        acknowledged.note("1", 100_000, RETENTION);
        acknowledged.note("new", 100_001, RETENTION);
        let number = |channel: &str| acknowledged.last(channel).map(|last| last.number);
        assert!(acknowledged.lock().len() <= Acknowledged::MOST);
        assert_eq!(number("1"), Some(100_000));
        assert_eq!(number("2"), None);
        let last = Acknowledged::MOST;
        assert_eq!(number(&last.to_string()), Some(last as u64));
        assert_eq!(number("new"), Some(100_001));
    }
}
