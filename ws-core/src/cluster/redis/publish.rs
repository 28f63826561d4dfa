//! What this node sends to a channel: how it comes into the log, or waits until Redis takes it.

use std::sync::Arc;
use std::time::Duration;

use redis::cmd;
use tokio::time::{sleep, timeout};

use super::acknowledged::warn_of_loss;
use super::backoff::Backoff;
use super::failure::Failure;
use super::feed::Feed;
use super::frame;
use super::keys::ChannelKeys;
use super::log::{self, Appended, Post};
use super::node::Node;
use crate::cluster::{Message, Retention};
use crate::error::ClusterError;
use crate::protocol::Position;

/// How long a sender waits for Redis before its message is kept here for later.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long messages gather to a frame that waits for Redis, unless there are [enough](ENOUGH) of them.
const GATHERING: Duration = Duration::from_millis(50);

/// How many messages make a frame without waiting for more.
const ENOUGH: usize = 128;

impl Node {
    /// Publishes messages. Those that are kept are in the log then, or wait here until Redis takes them.
    pub(super) async fn publish(
        self: &Arc<Self>,
        channel: &str,
        retention: Retention,
        messages: Vec<Message>,
    ) -> Result<(), ClusterError> {
        let feed = self.feeds.get(channel);
        let frame = frame::encode_messages(self.name(), &messages);
        let messages: Arc<[Message]> = messages.into();
        let mark = match &feed {
            Some(feed) if retention.keeps_history() => feed.sent(Arc::clone(&messages)),
            _ => log::random_mark(),
        };
        let since = feed.as_ref().and_then(|feed| feed.at());
        let renews = feed.as_ref().is_none_or(|feed| feed.claim_renewal());
        let post = Post::new(mark, frame, messages.len(), retention)
            .renewing(renews)
            .after(since.map_or(0, |at| at.seq))
            .numbered(self.name().id, self.next_number())
            .ordering(&messages, self.name());
        if retention.keeps_history() {
            self.publish_kept(channel, feed.as_deref(), post).await;
            return Ok(());
        }
        // Members here have it at once, and are not given it again when it comes back.
        if let Some(feed) = &feed {
            feed.deliver_local(mark, messages);
        }
        let keys = self.keys.channel(channel);
        // Where Redis is away, nobody waits for what is not kept, but for orders to end connections.
        let others_wait = self.outbox.has(channel);
        let published = if others_wait {
            Ok(())
        } else {
            self.append_in_time(channel, &keys, &post).await.map(drop)
        };
        if post.order.is_some() && (published.is_err() || others_wait) {
            self.keep(channel, post);
            return Ok(());
        }
        Ok(published?)
    }

    async fn publish_kept(self: &Arc<Self>, channel: &str, feed: Option<&Feed>, post: Post) {
        let keys = self.keys.channel(channel);
        if !self.outbox.has(channel)
            && let Ok(appended) = self.append_in_time(channel, &keys, &post).await
        {
            if let Some(feed) = feed {
                feed.taken(post.mark, appended.at);
                feed.set_audience(appended.heard_by);
            }
            return;
        }
        // Also above the bound: what was accepted is in memory anyway, and more is not accepted.
        let is_small = post.count < ENOUGH;
        if let Some(feed) = feed {
            feed.deliver_early(&self.outbox.marks(channel));
        }
        self.keep(channel, post);
        if is_small {
            // What is sent meanwhile becomes one frame: each takes an answer of Redis, and there must be fewer than there come.
            sleep(GATHERING).await;
        }
    }

    /// Keeps a frame until Redis takes it.
    fn keep(self: &Arc<Self>, channel: &str, post: Post) {
        if self.outbox.add(channel, post) {
            self.start(Arc::clone(self).drain(channel.to_owned()));
        }
    }

    /// Makes Redis take what waits of a channel, for as long as that takes.
    async fn drain(self: Arc<Self>, channel: String) {
        let keys = self.keys.channel(&channel);
        let component = format!("what waits for {channel}");
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        let mut first = self.outbox.first(&channel);
        let mut audience = self.audience(&channel);
        while let Some(post) = &first {
            match self.append(&channel, &keys, post).await {
                Ok(Appended { at, .. }) => {
                    if let Some(feed) = self.feeds.get(&channel) {
                        feed.taken(post.mark, at);
                    }
                    let next = self.outbox.taken(&channel);
                    if next.is_some() {
                        self.let_return(&mut audience, &keys, post, at).await;
                    }
                    first = next;
                    backoff.reset();
                }
                Err(failure) => {
                    audience = self.audience(&channel);
                    if let Failure::Refused(reason) = &failure {
                        self.status.note_failure(&component, reason);
                    }
                    let refused = failure.is_final().then(|| failure.to_string());
                    self.outbox.was_not_taken(&channel, refused);
                    tracing::debug!(channel, %failure, "messages wait for Redis");
                    sleep(backoff.next()).await;
                }
            }
        }
        self.status.clear(&component);
    }

    /// Appends a frame, or gives up: whether it was appended all the same is then not known.
    async fn append_in_time(
        &self,
        channel: &str,
        keys: &ChannelKeys,
        post: &Post,
    ) -> Result<Appended, Failure> {
        timeout(PATIENCE, self.append(channel, keys, post))
            .await
            .unwrap_or_else(|_| Err(Failure::timeout("a publication")))
    }

    /// Appends a frame. Where the log has lost what was acknowledged before, the members are told first.
    pub(super) async fn append(
        &self,
        channel: &str,
        keys: &ChannelKeys,
        post: &Post,
    ) -> Result<Appended, Failure> {
        if let Some(order) = &post.order {
            self.keep_order(keys, order, post.mark).await?;
        }
        if !post.retention.keeps_history() {
            let mut publish = cmd(self.words.publish);
            publish.arg(&keys.topic).arg([b"- ", &*post.bytes].concat());
            self.commands.call(keys.partition, &publish).await?;
            return Ok(Appended {
                at: Position {
                    seq: 0,
                    mark: post.mark,
                },
                heard_by: None,
            });
        }
        // What is held up by the wait for replicas may come after the second attempt, which has a connection of its own by
        // then.
        let may_be_late = self.options.min_replicas > 0 && post.since > 0;
        // Most of what waits was not attempted before: to look for it would cost more than to append it.
        let again = (post.attempt() || may_be_late).then_some(post.since.max(1));
        let last = self.acknowledged.last(channel);
        post.set_acknowledged(last.map_or(0, |last| last.number));
        let append = || log::append(self.publications(), keys, self.words.publish, post, again);
        let appended = match (append().await, last) {
            (Err(Failure::Lost), Some(last)) => {
                warn_of_loss(channel, 1);
                self.tell_loss(channel, last).await?;
                append().await
            }
            (appended, _) => appended,
        }?;
        if let Some(number) = post.number() {
            self.acknowledged.note(channel, number, post.retention);
        }
        Ok(appended)
    }
}
