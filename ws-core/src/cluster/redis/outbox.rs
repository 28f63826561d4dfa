//! What waits until Redis takes it. Knows nothing of who hears it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;

use super::log::Post;
use super::node::Node;
use crate::cluster::Backlog;
use crate::error::ClusterError;
use crate::metrics::ClusterMetrics;

/// How often the age of the oldest message is reported.
const PERIOD: Duration = Duration::from_millis(500);

/// The frames that wait until Redis takes them: in order for each channel, and bounded for the node.
pub(super) struct NodeOutbox {
    queues: Mutex<Queues>,
    messages: AtomicUsize,
    /// The bytes that wait. Outside of the lock, because every send looks at them.
    bytes: AtomicUsize,
    most_bytes: usize,
    changed: Notify,
    metrics: ClusterMetrics,
}

/// By channel.
type Queues = HashMap<String, Queue>;

/// What waits of one channel.
#[derive(Default)]
struct Queue {
    posts: VecDeque<QueuedPost>,
    /// Why Redis has refused it at the last attempt, where it will do so until somebody changes something.
    refused: Option<String>,
}

/// What Redis does not take, however long it waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) messages: usize,
    pub(super) channels: usize,
    /// The reason for one of the channels, in words for people.
    pub(super) why: String,
}

struct QueuedPost {
    since: Instant,
    post: Arc<Post>,
}

impl From<Refused> for ClusterError {
    fn from(refused: Refused) -> Self {
        let Refused {
            messages,
            channels,
            why,
        } = refused;
        Self::Unavailable(format!(
            "Redis refuses {messages} messages of {channels} channels, which are lost: {why}"
        ))
    }
}

impl NodeOutbox {
    pub(super) fn new(most_bytes: usize, metrics: ClusterMetrics) -> Self {
        Self {
            queues: Mutex::default(),
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            most_bytes,
            changed: Notify::new(),
            metrics,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) < self.most_bytes
    }

    /// Whether something of a channel waits. Then everything new of it goes behind that.
    pub(super) fn has(&self, channel: &str) -> bool {
        self.queues().contains_key(channel)
    }

    /// Adds a frame. Whether it is the first of its channel: then no task is at work on that yet.
    pub(super) fn add(&self, channel: &str, post: Post) -> bool {
        self.bytes.fetch_add(post.bytes.len(), Ordering::Relaxed);
        self.messages.fetch_add(post.count, Ordering::Relaxed);
        self.metrics.add_waiting(post.count, post.bytes.len());
        let mut queues = self.queues();
        let posts = &mut queues.entry(channel.to_owned()).or_default().posts;
        posts.push_back(QueuedPost {
            since: Instant::now(),
            post: Arc::new(post),
        });
        posts.len() == 1
    }

    /// The marks of what waits of a channel, in order.
    pub(super) fn marks(&self, channel: &str) -> Vec<u64> {
        let queues = self.queues();
        let posts = queues
            .get(channel)
            .into_iter()
            .flat_map(|queue| &queue.posts);
        posts.map(|queued| queued.post.mark).collect()
    }

    pub(super) fn first(&self, channel: &str) -> Option<Arc<Post>> {
        let queues = self.queues();
        let first = queues.get(channel)?.posts.front()?;
        Some(Arc::clone(&first.post))
    }

    /// Removes the first frame of a channel, which Redis has taken. Returns the next one; where there is none, whoever adds one
    /// starts the work on it.
    pub(super) fn taken(&self, channel: &str) -> Option<Arc<Post>> {
        let mut queues = self.queues();
        let Queue { posts, refused } = queues.get_mut(channel)?;
        *refused = None;
        let taken = posts.pop_front();
        let next = posts.front().map(|next| Arc::clone(&next.post));
        if next.is_none() {
            queues.remove(channel);
        }
        drop(queues);
        if let Some(QueuedPost { post, .. }) = taken {
            self.bytes.fetch_sub(post.bytes.len(), Ordering::Relaxed);
            self.messages.fetch_sub(post.count, Ordering::Relaxed);
            self.metrics.remove_waiting(post.count, post.bytes.len());
        }
        self.changed.notify_waiters();
        next
    }

    /// Notes that Redis has not taken the first frame of a channel. `refused` is the reason, where Redis refuses it for good.
    pub(super) fn was_not_taken(&self, channel: &str, refused: Option<String>) {
        if let Some(queue) = self.queues().get_mut(channel) {
            queue.refused = refused;
        }
        self.changed.notify_waiters();
    }

    /// Waits until everything was taken except what Redis refuses for good, which is tried once more. Returns what is left.
    pub(super) async fn drained(&self) -> Option<Refused> {
        for queue in self.queues().values_mut() {
            queue.refused = None;
        }
        loop {
            let changed = self.changed.notified();
            if self.queues().values().all(|queue| queue.refused.is_some()) {
                return self.refused();
            }
            changed.await;
        }
    }

    fn refused(&self) -> Option<Refused> {
        let queues = self.queues();
        let (channel, first) = queues.iter().min_by_key(|(channel, _)| *channel)?;
        let posts = queues.values().flat_map(|queue| &queue.posts);
        let why = first.refused.as_deref().unwrap_or_default();
        Some(Refused {
            messages: posts.map(|queued| queued.post.count).sum(),
            channels: queues.len(),
            why: format!("{channel}: {why}"),
        })
    }

    /// How much waits, and for how long.
    pub(super) fn backlog(&self) -> Backlog {
        let queues = self.queues();
        let firsts = queues.values().filter_map(|queue| queue.posts.front());
        let oldest = firsts.map(|first| first.since).min();
        Backlog {
            messages: self.messages.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            age: oldest.map(|since| since.elapsed()),
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for NodeOutbox {
    fn drop(&mut self) {
        // What is still in it is not sent any more.
        let Backlog {
            messages, bytes, ..
        } = self.backlog();
        if messages > 0 {
            tracing::error!(
                messages,
                bytes,
                "messages that waited for Redis were lost, because the last handle of the cluster was dropped: \
                 use `Cluster::close` to wait for them"
            );
        }
        self.metrics.remove_waiting(messages, bytes);
        self.metrics.set_oldest_waiting(Duration::ZERO);
    }
}

impl Node {
    /// Reports how long the oldest message has waited, as long as the node lives.
    pub(super) async fn watch_outbox(self: Arc<Self>) {
        loop {
            let age = self.outbox.backlog().age;
            self.outbox
                .metrics
                .set_oldest_waiting(age.unwrap_or_default());
            sleep(PERIOD).await;
        }
    }
}
