//! [`RedisBackend`]: the cluster's side of a node. Knows what is asked of it, and leaves the rest to [`Node`].

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use super::failure::Failure;
use super::feed::Feed;
use super::node::Node;
use super::options::RedisOptions;
use crate::cluster::{
    Backend, Backlog, ClusterStatus, Enrolment, Message, Recovery, Retention, Roll, Sink,
};
use crate::error::ClusterError;
use crate::protocol::Position;

/// How long a channel may take to open.
const OPEN: Duration = Duration::from_secs(5);

/// The backend of one node. What works for it ends when this is dropped.
pub(in crate::cluster) struct RedisBackend {
    node: Arc<Node>,
}

impl RedisBackend {
    /// Connects a node.
    pub(in crate::cluster) async fn connect(options: RedisOptions) -> Result<Self, ClusterError> {
        let node = Node::connect(options).await?;
        Ok(Self { node })
    }
}

#[cfg(test)]
impl RedisBackend {
    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }
}

impl Drop for RedisBackend {
    fn drop(&mut self) {
        self.node.end();
    }
}

impl Backend for RedisBackend {
    fn attach<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        sink: Weak<dyn Sink>,
    ) -> BoxFuture<'a, Result<Option<Position>, ClusterError>> {
        let node = &self.node;
        async move {
            let (feed, is_new) = node.feeds.add(channel, Weak::clone(&sink), || {
                Feed::new(channel.to_owned(), node.keys.channel(channel), retention)
            });
            if is_new {
                node.subscriber.follow(node, Arc::clone(&feed));
            }
            let opened = async {
                let at = feed.opened().await;
                feed.know_orders(node.last_orders(&feed.keys).await?);
                Ok::<_, Failure>(at)
            };
            let failure = match timeout(OPEN, opened).await {
                Ok(Ok(at)) => return Ok(at),
                Ok(Err(failure)) => failure.to_string(),
                Err(_) => node
                    .status
                    .why()
                    .unwrap_or_else(|| "the channel did not open in time".to_owned()),
            };
            feed.forget(&sink);
            self.detach(channel);
            Err(ClusterError::Unavailable(failure))
        }
        .boxed()
    }

    fn detach(&self, channel: &str) {
        // Not here: the feed may be in use, for this very sink.
        let (node, channel) = (Arc::clone(&self.node), channel.to_owned());
        self.node.start(async move {
            if let Some(feed) = node.feeds.remove_deserted(&channel) {
                node.subscriber.leave(&feed);
            }
        });
    }

    fn publish<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        messages: Vec<Message>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        self.node.publish(channel, retention, messages).boxed()
    }

    fn recover<'a>(
        &'a self,
        channel: &'a str,
        from: Position,
    ) -> BoxFuture<'a, Result<Recovery, ClusterError>> {
        async move { Ok(self.node.recover(channel, from).await?) }.boxed()
    }

    fn update<'a>(
        &'a self,
        channel: &'a str,
        changes: Vec<Enrolment>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        self.node.enrol(channel, changes).boxed()
    }

    fn members<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Roll, ClusterError>> {
        self.node.roll(channel).boxed()
    }

    fn has_room(&self) -> bool {
        self.node.outbox.has_room()
    }

    fn backlog(&self) -> Backlog {
        self.node.outbox.backlog()
    }

    fn status(&self) -> watch::Receiver<ClusterStatus> {
        self.node.status.watch()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), ClusterError>> {
        async move {
            let refused = self.node.outbox.drained().await;
            let left = self.node.leave().await;
            self.node.status.close();
            self.node.end();
            if let Some(refused) = refused {
                return Err(refused.into());
            }
            left.map_err(|failure| {
                let why = format!("Redis refuses what other nodes are told of members: {failure}");
                ClusterError::Unavailable(why)
            })
        }
        .boxed()
    }
}
