use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::contract::Number;
use super::node::Node;

/// Sends numbers to the channel of a node, in order, and keeps those that were accepted.
pub(crate) struct Publisher {
    count: Arc<AtomicU64>,
    stop: oneshot::Sender<()>,
    accepted: JoinHandle<Vec<u64>>,
}

impl Publisher {
    pub(crate) fn start(publisher: u32, node: Arc<Node>, pace: Duration, padding: usize) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let accepted = tokio::spawn(async move {
            let mut ticks = interval(pace);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut accepted = Vec::new();
            for number in 1.. {
                tokio::select! {
                    _ = ticks.tick() => {}
                    _ = &mut stopped => break,
                }
                let sent = node.channel.broadcast(&Number {
                    publisher,
                    number,
                    padding: "x".repeat(padding),
                });
                if sent.is_ok() {
                    accepted.push(u64::from(number));
                }
                counted.store(u64::from(number), Ordering::Relaxed);
            }
            accepted
        });
        Self {
            count,
            stop,
            accepted,
        }
    }

    /// The last number that was sent.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Ends it, and returns what was accepted.
    pub(crate) async fn stop(self) -> Vec<u64> {
        // It ends by itself only where its test has failed.
        self.stop.send(()).unwrap();
        self.accepted.await.unwrap()
    }
}
