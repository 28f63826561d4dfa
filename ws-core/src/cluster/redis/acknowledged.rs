//! What the log has acknowledged of what this node has published, and may lose all the same: where another server takes over, or
//! where one restarts. Whoever has not been given it by then cannot know that it was there, so this node tells them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::cmd;

use super::failure::Failure;
use super::frame;
use super::keys::Partition;
use super::log::{self, Post};
use super::node::Node;
use super::reply;
use crate::cluster::{Message, Retention};

/// How many channels are looked up at once.
const BATCH: usize = 256;

/// The last frame of this node that was acknowledged in each channel.
#[derive(Default)]
pub(super) struct Acknowledged(Mutex<HashMap<String, Last>>);

#[derive(Debug, Clone, Copy)]
struct Last {
    /// Its number among all that this node appends.
    number: u64,
    retention: Retention,
    at: Instant,
}

impl Acknowledged {
    /// The most channels that are kept: a little more than 100 bytes each. Those are forgotten first in which nothing was
    /// published for the longest time.
    const MOST: usize = 65_536;

    /// How long they are kept. Redis keeps the number for a day.
    const LIFE: Duration = Duration::from_secs(20 * 60 * 60);

    /// The number of the last frame, or 0.
    pub(super) fn number(&self, channel: &str) -> u64 {
        let last = self.lock().get(channel).copied();
        let last = last.filter(|last| last.at.elapsed() < Self::LIFE);
        last.map_or(0, |last| last.number)
    }

    pub(super) fn note(&self, channel: &str, number: u64, retention: Retention) {
        let mut channels = self.lock();
        let new = Last {
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
    }

    /// Forgets the frame of this number, unless a later one was acknowledged.
    fn forget(&self, channel: &str, number: u64) {
        let mut channels = self.lock();
        if channels
            .get(channel)
            .is_some_and(|last| last.number == number)
        {
            channels.remove(channel);
        }
    }

    /// The channels of each partition.
    fn by_partition(&self) -> HashMap<Partition, Vec<(String, Last)>> {
        let mut partitions: HashMap<_, Vec<_>> = HashMap::new();
        let channels = self.lock();
        let channels = channels.iter();
        for (channel, last) in channels.filter(|(_, last)| last.at.elapsed() < Self::LIFE) {
            let partition = partitions.entry(Partition::of(channel)).or_default();
            partition.push((channel.clone(), *last));
        }
        partitions
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_older_half(channels: &mut HashMap<String, Last>) {
    let mut times: Vec<Instant> = channels.values().map(|last| last.at).collect();
    let middle = times.len() / 2;
    let (_, middle, _) = times.select_nth_unstable(middle);
    let middle = *middle;
    channels.retain(|_, last| last.at > middle);
}

impl Node {
    /// Looks whenever there is a new connection, as long as the node lives: what is behind it may be another server, or have lost
    /// something. What is published after that is looked at when it is appended.
    pub(super) async fn watch_acknowledged(self: Arc<Self>) {
        let mut connections = self.publications().connections();
        while connections.changed().await.is_ok() {
            for (partition, channels) in self.acknowledged.by_partition() {
                for batch in channels.chunks(BATCH) {
                    let looked = self.look_for_acknowledged(partition, batch).await;
                    if let Err(failure) = looked {
                        // Where the server is away, the next connection is followed by another look.
                        tracing::debug!(%failure, "whether Redis has lost messages could not be found out");
                        break;
                    }
                }
            }
        }
    }

    /// Looks whether the logs of these channels still have what they have acknowledged, and tells where they have not.
    async fn look_for_acknowledged(
        &self,
        partition: Partition,
        channels: &[(String, Last)],
    ) -> Result<(), Failure> {
        let me = self.name().id;
        let mut get = cmd("MGET");
        for (channel, _) in channels {
            get.arg(self.keys.channel(channel).appended(me));
        }
        let answer = self.publications().call(partition, &get).await?;
        let appended = reply::array(answer).ok_or_else(|| Failure::nonsense("MGET"))?;
        for ((channel, last), appended) in channels.iter().zip(appended) {
            if log::number_of(appended) < last.number {
                self.tell_loss(channel, last.number).await?;
            }
        }
        Ok(())
    }

    /// Tells the members of a channel, on all nodes, that the log has lost messages of this node, up to the frame of this number.
    pub(super) async fn tell_loss(&self, channel: &str, number: u64) -> Result<(), Failure> {
        let Some(last) = self.acknowledged.lock().get(channel).copied() else {
            return Ok(());
        };
        tracing::warn!(
            channel,
            "Redis has lost messages that it had acknowledged, as in a failover: clients are told with a gap \
             (`RedisOptions::with_min_replicas` prevents this)"
        );
        let keys = self.keys.channel(channel);
        let frame = frame::encode_messages(self.name(), &[Message::Gap]);
        // Without a number: what is published at the same time is appended in its own order, and twice does no harm.
        let gap = Post::new(log::random_mark(), frame, 1, last.retention);
        log::append(self.publications(), &keys, self.words.publish, &gap, None).await?;
        self.acknowledged.forget(channel, number);
        Ok(())
    }
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
        assert!(acknowledged.lock().len() <= Acknowledged::MOST);
        assert_eq!(acknowledged.number("1"), 100_000);
        assert_eq!(acknowledged.number("2"), 0);
        let last = Acknowledged::MOST;
        assert_eq!(acknowledged.number(&last.to_string()), last as u64);
        assert_eq!(acknowledged.number("new"), 100_001);
    }

    #[test]
    fn what_was_published_since_is_not_forgotten_with_what_was_told() {
        let acknowledged = Acknowledged::default();
        acknowledged.note("room", 1, RETENTION);
        acknowledged.note("room", 2, RETENTION);
        acknowledged.forget("room", 1);
        assert_eq!(acknowledged.number("room"), 2);
        acknowledged.forget("room", 2);
        assert_eq!(acknowledged.number("room"), 0);
    }
}
