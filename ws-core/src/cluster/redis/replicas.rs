//! Whether replicas have what was written, asked once for all who wait. Knows nothing of what was written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, join_all};
use redis::aio::MultiplexedConnection;
use redis::cmd;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::commands::{CALL, Commands};
use super::connector::Address;
use super::failure::Failure;
use super::keys::Partition;
use super::node::Node;

/// How long replicas have. A connection that waits for them does nothing else meanwhile, and the calls behind that must still be
/// answered in time.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often replicas are looked at, whether or not anything is published.
const PERIOD: Duration = Duration::from_secs(1);

/// What replicas have of what was written on one connection.
#[derive(Default)]
pub(super) struct Replicas {
    /// The last question. One at a time is on its way, and one waits for that.
    last: Mutex<Option<Question>>,
}

struct Question {
    is_sent: Arc<AtomicBool>,
    /// Shared by all who wait: it goes on as long as one of them does.
    answer: Shared<BoxFuture<'static, Result<(), Failure>>>,
}

impl Replicas {
    /// Waits until this many replicas have everything whose writing was answered on the connection before now.
    pub(super) fn have_all(
        &self,
        connection: &MultiplexedConnection,
        least: usize,
    ) -> impl Future<Output = Result<(), Failure>> + use<> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(question) = &*last
            && !question.is_sent.load(Ordering::SeqCst)
        {
            return question.answer.clone();
        }
        let before = last.take().map(|question| question.answer);
        let is_sent = Arc::new(AtomicBool::new(false));
        let sends = Arc::clone(&is_sent);
        let connection = connection.clone();
        let asking = async move {
            if let Some(before) = before {
                // Its answer does not matter: it was about less.
                drop(before.await);
            }
            sends.store(true, Ordering::SeqCst);
            ask(connection, least).await
        };
        let answer = asking.boxed().shared();
        *last = Some(Question {
            is_sent,
            answer: answer.clone(),
        });
        answer
    }
}

async fn ask(mut connection: MultiplexedConnection, least: usize) -> Result<(), Failure> {
    let mut wait = cmd("WAIT");
    wait.arg(least).arg(PATIENCE.as_millis() as u64);
    let answer = timeout(CALL, wait.query_async::<usize>(&mut connection)).await;
    match answer {
        Ok(Ok(have)) if have >= least => Ok(()),
        Ok(Ok(have)) => Err(Failure::Unreplicated(format!(
            "{have} of {least} replicas have what was written within {PATIENCE:?}, so messages wait here"
        ))),
        // A server that is no longer a master says so, or closes the connection.
        Ok(Err(error)) => Err(Failure::Away(error.to_string())),
        Err(_) => Err(Failure::timeout("the question how far the replicas are")),
    }
}

impl Node {
    /// Watches the replicas as long as the node lives, so that the status tells of trouble before anything is published.
    pub(super) async fn watch_replicas(self: Arc<Self>) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = BTreeMap::new();
        loop {
            ticks.tick().await;
            let masters = self.look_at_replicas(self.publications()).await;
            for gone in known
                .keys()
                .filter(|address| !masters.contains_key(*address))
            {
                self.status.clear(&component(gone));
            }
            known = masters;
        }
    }

    /// Writes something to each master, and notes whether its replicas have it. Returns the masters.
    pub(super) async fn look_at_replicas(
        &self,
        publications: &Commands,
    ) -> BTreeMap<Address, Partition> {
        let masters: BTreeMap<Address, Partition> = Partition::all()
            .filter_map(|partition| Some((self.topology.owner(partition)?, partition)))
            .collect();
        let looks = masters.iter().map(async |(address, partition)| {
            let mut set = redis::pipe();
            let key = self.keys.probe(*partition, &self.name().to_string());
            set.cmd("SET").arg(key).arg(0).arg("PX").arg(1000);
            let has = async {
                let answered = publications.answered(*partition, &set).await?;
                publications.replicated(&answered).await
            };
            match has.await {
                Ok(()) => self.status.clear(&component(address)),
                Err(Failure::Unreplicated(reason)) => {
                    self.status.note_risk(&component(address), &reason);
                }
                // Trouble of the master is reported elsewhere.
                Err(_) => {}
            }
        });
        join_all(looks).await;
        masters
    }
}

fn component(master: &Address) -> String {
    format!("replicas of {master}")
}

#[cfg(test)]
mod tests {
    use redis_server::RedisServer;

    use super::super::RedisBackend;
    use super::super::log::{self, Post};
    use super::super::options::RedisOptions;
    use super::super::tests::{RETENTION, event};
    use super::*;
    use crate::cluster::Backend;
    use crate::protocol::Position;

    /// A master, its replica, which must have everything, and a node.
    async fn set() -> (RedisServer, RedisServer, RedisBackend) {
        let master = RedisServer::start().unwrap();
        let replica = master.replica().unwrap();
        let options = RedisOptions::new(master.url()).with_min_replicas(1);
        let node = RedisBackend::connect(options).await.unwrap();
        (master, replica, node)
    }

    fn post(mark: u64) -> Post {
        Post::new(mark, Vec::new(), 1, RETENTION)
    }

    /// Appends something to a log, on a connection on which nothing was written before.
    async fn append(node: &Node, post: &Post, again: Option<u64>) -> Result<Position, Failure> {
        let commands = node.commands.waiting_for(1);
        let keys = node.keys.channel("room");
        let appended = log::append(&commands, &keys, "SPUBLISH", post, again).await?;
        Ok(appended.at)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_channels_share_what_they_ask_the_replicas() {
        let (master, _replica, node) = set().await;
        let before = master.calls("wait").unwrap();
        let channels: Vec<String> = (0..200).map(|number| format!("room-{number}")).collect();
        let publications = channels
            .iter()
            .map(|channel| node.publish(channel, RETENTION, vec![event("hello")]));
        for published in join_all(publications).await {
            published.unwrap();
        }
        let asked = master.calls("wait").unwrap() - before;
        assert!((1..100).contains(&asked), "{asked}");
    }

    /// Where nothing was written on a connection, Redis 8 waits for nothing.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_an_attempt_finds_in_the_log_is_waited_for_as_well() {
        let (_master, replica, node) = set().await;
        let (node, post) = (node.node(), post(1));
        replica.signal("STOP").unwrap();
        for again in [None, Some(1), Some(1)] {
            let appended = append(node, &post, again).await;
            assert!(
                matches!(appended, Err(Failure::Unreplicated(_))),
                "{appended:?}"
            );
        }
        replica.signal("CONT").unwrap();
        append(node, &post, Some(1)).await.unwrap();
        let log = node.keys.channel("room").log;
        assert_eq!(replica.ask(&["XLEN", &log]).unwrap(), "1");
    }

    /// Whoever has seen the one would be taken to have seen what came before the other.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_log_has_lost_never_stands_again_where_it_stood() {
        let (master, _replica, node) = set().await;
        let node = node.node();
        let seq = async |post: &Post, again| append(node, post, again).await.unwrap().seq;
        let first = seq(&post(1), None).await;
        // Another server becomes the master, which has not got beyond this.
        let goes_back = || {
            let keys = node.keys.channel("room");
            master.ask(&["DEL", &keys.log]).unwrap();
            master.ask(&["SET", &keys.seq, &first.to_string()]).unwrap();
        };
        let lost = post(2);
        assert_eq!(seq(&lost, None).await, first + 1);
        goes_back();
        assert_eq!(seq(&post(3), None).await, first + 1, "in its place");
        let again = seq(&lost, Some(first)).await;
        assert_eq!(again, first + 3, "nor does it follow itself");
        goes_back();
        assert_eq!(seq(&lost, Some(first)).await, first + 5);
        assert_eq!(seq(&lost, Some(first)).await, first + 5, "it is there");
        assert_eq!(seq(&post(4), None).await, first + 6);
    }
}
