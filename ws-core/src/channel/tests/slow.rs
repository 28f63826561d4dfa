//! A cluster that is slow at random.

use std::sync::{Arc, Mutex, Weak};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::yield_now;

use crate::MemoryHub;
use crate::cluster::{
    Backend, Cluster, ClusterStatus, Enrolment, Message, Recovery, Retention, Roll, Sink,
};
use crate::error::ClusterError;
use crate::protocol::Position;

/// A cluster that takes its time, and whose log is read in short pages.
pub(super) struct Slow {
    within: Arc<dyn Backend>,
    random: Mutex<SmallRng>,
}

impl Slow {
    pub(super) fn over(hub: &MemoryHub, random: &mut SmallRng) -> Cluster {
        Cluster::over(Arc::new(Self {
            within: Arc::clone(hub.node().backend()),
            random: Mutex::new(SmallRng::seed_from_u64(random.random())),
        }))
    }

    async fn wait(&self) {
        let turns = self.random.lock().unwrap().random_range(0..4);
        for _ in 0..turns {
            yield_now().await;
        }
    }

    fn shorten(&self, recovery: Recovery) -> Recovery {
        let Recovery::Exact { mut frames, more } = recovery else {
            return recovery;
        };
        // The first one may hold nothing that follows.
        let page = self.random.lock().unwrap().random_range(2..6);
        let more = more || frames.len() > page;
        frames.truncate(page);
        Recovery::Exact { frames, more }
    }

    fn slowly<'a, T: Send + 'a>(&'a self, call: BoxFuture<'a, T>) -> BoxFuture<'a, T> {
        async move {
            self.wait().await;
            let answer = call.await;
            self.wait().await;
            answer
        }
        .boxed()
    }
}

impl Backend for Slow {
    fn attach<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        sink: Weak<dyn Sink>,
    ) -> BoxFuture<'a, Result<Option<Position>, ClusterError>> {
        // What is published after the answer is known may come before it.
        let attached = async move { self.within.attach(channel, retention, sink).await };
        self.slowly(attached.boxed())
    }

    fn detach(&self, channel: &str) {
        self.within.detach(channel);
    }

    fn publish<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        messages: Vec<Message>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        let published = async move { self.within.publish(channel, retention, messages).await };
        self.slowly(published.boxed())
    }

    fn recover<'a>(
        &'a self,
        channel: &'a str,
        from: Position,
    ) -> BoxFuture<'a, Result<Recovery, ClusterError>> {
        let recovered = async move {
            let recovery = self.within.recover(channel, from).await?;
            Ok(self.shorten(recovery))
        };
        self.slowly(recovered.boxed())
    }

    fn update<'a>(
        &'a self,
        channel: &'a str,
        changes: Vec<Enrolment>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        let updated = async move { self.within.update(channel, changes).await };
        self.slowly(updated.boxed())
    }

    fn members<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Roll, ClusterError>> {
        self.within.members(channel)
    }

    fn has_room(&self) -> bool {
        self.within.has_room()
    }

    fn status(&self) -> watch::Receiver<ClusterStatus> {
        self.within.status()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), ClusterError>> {
        self.within.close()
    }
}
