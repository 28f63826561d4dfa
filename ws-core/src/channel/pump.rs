//! The task of a busy channel: tells the cluster what was sent, and has the members given what comes from there.
//!
//! It begins when there is something to do and ends when nothing is left, so that a quiet channel costs no task. What a delivery
//! is made of, [`delivery`](super::delivery) knows.

use std::sync::Arc;

use futures_util::{FutureExt, poll};
use tokio::task::coop::consume_budget;

use super::core::Core;
use super::outgoing::Batch;
use crate::cluster::{Message, Retention};
use crate::tasks;

/// How often the pump yields before it tells the next frame, where several send: the last frame is about to come back from the
/// cluster, and its receivers to send more, which goes out together with what waits. A frame costs more than its messages.
const YIELDS: usize = 3;

/// Works until nothing is left to do. At most one runs for a channel.
pub(super) fn run(core: Arc<Core>) -> impl Future<Output = ()> + Send {
    // Made here, because the task may be dropped before it is first polled.
    work(Working { core, done: false })
}

async fn work(mut working: Working) {
    let core = &Arc::clone(&working.core);
    let (mut telling, mut yields) = (None, 0);
    if core.flow().is_busy() {
        // Others that are about to send do so first, and what they send goes out together with this.
        tasks::give_way().await;
    }
    loop {
        let delivery = core.flow().next_delivery();
        let gives = delivery.is_some();
        if let Some(delivery) = delivery {
            core.deliver(delivery).await;
            // Other tasks run now and then, and among them those that this one waits for.
            consume_budget().await;
        }
        if telling.is_none() {
            if yields > 0 && core.flow().is_busy() {
                yields -= 1;
                tasks::give_way().await;
                continue;
            }
            telling = core
                .flow()
                .next_batch()
                .map(|batch| core.tell(batch).boxed());
        }
        match &mut telling {
            None if gives => {}
            None => {
                working.done = core.flow().end_pumping_if_empty();
                if working.done {
                    return;
                }
            }
            // Polled between two deliveries, because there may always be another one.
            Some(told) if gives => {
                if poll!(told).is_ready() {
                    (telling, yields) = (None, YIELDS);
                }
            }
            // What arrives meanwhile is delivered at once, and what is sent meanwhile becomes one frame.
            Some(told) => tokio::select! {
                () = told => (telling, yields) = (None, YIELDS),
                () = core.arrives() => {}
            },
        }
    }
}

/// The work of one pump. Dropped before it is done, because of a panic or the end of the runtime, it lets another pump begin.
struct Working {
    core: Arc<Core>,
    done: bool,
}

impl Drop for Working {
    fn drop(&mut self) {
        if !self.done {
            self.core.abort_pumping();
        }
    }
}

impl Core {
    /// Tells the cluster.
    async fn tell(&self, batch: Batch) {
        self.tell_backend(batch).await;
        self.end_telling();
    }

    async fn tell_backend(&self, batch: Batch) {
        match batch {
            Batch::Publish(messages) => self.publish_all(self.retention, messages).await,
            Batch::PublishPast(messages) => self.publish_all(Retention::none(), messages).await,
            Batch::Enrol(enrolments, answers) => {
                let told = self.backend.update(&self.key, enrolments).await;
                if let Err(error) = &told {
                    tracing::error!(channel = self.name, %error, "the cluster was not told who joined or left");
                }
                for answer in answers {
                    // Whoever asked may have gone.
                    drop(answer.send(told.clone()));
                }
            }
        }
    }

    async fn publish_all(&self, retention: Retention, messages: Vec<Message>) {
        let count = messages.len();
        let told = self.backend.publish(&self.key, retention, messages);
        if let Err(error) = told.await {
            tracing::error!(channel = self.name, %error, count, "messages were not sent");
        }
    }
}
