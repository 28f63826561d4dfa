//! Compares what was delivered with where the logs stand: a subscription may be deaf although its connection is healthy.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::{Value, cmd};
use tokio::time::{MissedTickBehavior, interval};

use super::feed::{Feed, Observed};
use super::keys::Partition;
use super::log;
use super::node::Node;
use super::orders;
use super::reply;

/// How often it looks.
const PERIOD: Duration = Duration::from_millis(500);

/// How many channels are looked up at once.
const BATCH: usize = 256;

impl Node {
    /// Watches as long as the node lives.
    pub(super) async fn watch(self: Arc<Self>) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let mut partitions: HashMap<Partition, Vec<Arc<Feed>>> = HashMap::new();
            let feeds = self.feeds.all();
            for feed in &feeds {
                feed.pages.tidy();
            }
            for feed in feeds.into_iter().filter(|feed| feed.is_live()) {
                partitions
                    .entry(feed.keys.partition)
                    .or_default()
                    .push(feed);
            }
            for (partition, feeds) in partitions {
                for batch in feeds.chunks(BATCH) {
                    self.look(partition, batch).await;
                    self.renew_logs(partition, batch).await;
                }
            }
        }
    }

    pub(super) async fn look(self: &Arc<Self>, partition: Partition, feeds: &[Arc<Feed>]) {
        let mut get = cmd("MGET");
        for feed in feeds {
            let keys = &feed.keys;
            get.arg(&keys.seq).arg(&keys.version);
            get.arg(&keys.kick).arg(&keys.ordered);
        }
        // Where this fails, either the subscriptions are in trouble, too, or the next look succeeds.
        let Ok(answer) = self.commands.call(partition, &get).await else {
            return;
        };
        let Some(values) = reply::array(answer) else {
            return;
        };
        let mut values = values.into_iter();
        for feed in feeds {
            let mut next = || values.next();
            let (Some(seq), Some(version), Some(kick), Some(ordered)) =
                (next(), next(), next(), next())
            else {
                return;
            };
            let needs = feed.compare(Observed {
                seq: unsigned(&seq),
                version: unsigned(&version).unwrap_or(0),
                kick: orders::everyone(kick),
                ordered: orders::number(&ordered),
            });
            self.satisfy(feed, needs);
        }
    }

    /// Keeps the logs that are followed from expiring while nothing is sent: clients that come back would be told of a gap.
    async fn renew_logs(&self, partition: Partition, feeds: &[Arc<Feed>]) {
        let mut renewal = redis::pipe();
        let logged = |feed: &&Arc<Feed>| feed.retention.keeps_history() && feed.claim_renewal();
        for feed in feeds.iter().filter(logged) {
            for (key, life) in log::lives(&feed.keys, feed.retention) {
                renewal.cmd("PEXPIRE").arg(key).arg(life);
            }
        }
        // Where this fails, there is another attempt before they expire.
        if !renewal.is_empty()
            && let Err(failure) = self.commands.calls(partition, &renewal).await
        {
            tracing::debug!(%failure, "logs were not renewed");
        }
    }
}

fn unsigned(value: &Value) -> Option<u64> {
    u64::try_from(reply::integer(value)?).ok()
}
