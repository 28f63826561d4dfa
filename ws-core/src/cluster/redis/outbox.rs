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

/// How often the age of the oldest message is told.
const PERIOD: Duration = Duration::from_millis(500);

/// What waits until Redis takes it: in order for each channel, and bounded for the node.
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    messages: AtomicUsize,
    /// What waits. Apart, because it is asked before every message, by whoever sends one.
    bytes: AtomicUsize,
    most_bytes: usize,
    changed: Notify,
    metrics: ClusterMetrics,
}

/// For each channel.
type Waiting = HashMap<String, Queue>;

/// What waits of one channel.
#[derive(Default)]
struct Queue {
    posts: VecDeque<Waits>,
    /// Why Redis does not take it, where it was refused last, and will be until somebody changes something.
    refused: Option<String>,
}

/// What Redis does not take, however long it waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) messages: usize,
    pub(super) channels: usize,
    /// Why, in words for people, for one of the channels.
    pub(super) why: String,
}

struct Waits {
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

impl Outbox {
    pub(super) fn new(most_bytes: usize, metrics: ClusterMetrics) -> Self {
        Self {
            waiting: Mutex::default(),
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

    /// Whether something of a channel waits: then everything new of it waits behind that.
    pub(super) fn has(&self, channel: &str) -> bool {
        self.waiting().contains_key(channel)
    }

    /// Adds a frame. Whether it is the first of its channel, and so nobody is at work on it.
    pub(super) fn add(&self, channel: &str, post: Post) -> bool {
        self.bytes.fetch_add(post.bytes.len(), Ordering::Relaxed);
        self.messages.fetch_add(post.count, Ordering::Relaxed);
        self.metrics.waits(post.count, post.bytes.len());
        let mut waiting = self.waiting();
        let posts = &mut waiting.entry(channel.to_owned()).or_default().posts;
        posts.push_back(Waits {
            since: Instant::now(),
            post: Arc::new(post),
        });
        posts.len() == 1
    }

    /// The marks of what waits of a channel, in its order.
    pub(super) fn marks(&self, channel: &str) -> Vec<u64> {
        let waiting = self.waiting();
        let posts = waiting
            .get(channel)
            .into_iter()
            .flat_map(|queue| &queue.posts);
        posts.map(|waits| waits.post.nonce).collect()
    }

    pub(super) fn first(&self, channel: &str) -> Option<Arc<Post>> {
        let waiting = self.waiting();
        let first = waiting.get(channel)?.posts.front()?;
        Some(Arc::clone(&first.post))
    }

    /// Redis has the first frame of a channel. Returns the next one; where there is none, whoever adds one is at work on it.
    pub(super) fn taken(&self, channel: &str) -> Option<Arc<Post>> {
        let mut waiting = self.waiting();
        let Queue { posts, refused } = waiting.get_mut(channel)?;
        *refused = None;
        let taken = posts.pop_front();
        let next = posts.front().map(|next| Arc::clone(&next.post));
        if next.is_none() {
            waiting.remove(channel);
        }
        drop(waiting);
        if let Some(Waits { post, .. }) = taken {
            self.bytes.fetch_sub(post.bytes.len(), Ordering::Relaxed);
            self.messages.fetch_sub(post.count, Ordering::Relaxed);
            self.metrics.waits_no_more(post.count, post.bytes.len());
        }
        self.changed.notify_waiters();
        next
    }

    /// Redis has not taken the first frame of a channel: because it refuses that, where it says so for good.
    pub(super) fn was_not_taken(&self, channel: &str, refused: Option<String>) {
        if let Some(queue) = self.waiting().get_mut(channel) {
            queue.refused = refused;
        }
        self.changed.notify_waiters();
    }

    /// Waits until nothing waits any more but what Redis refuses, each when it was tried once more.
    pub(super) async fn drained(&self) -> Option<Refused> {
        for queue in self.waiting().values_mut() {
            queue.refused = None;
        }
        loop {
            let changed = self.changed.notified();
            if self.waiting().values().all(|queue| queue.refused.is_some()) {
                return self.refused();
            }
            changed.await;
        }
    }

    fn refused(&self) -> Option<Refused> {
        let waiting = self.waiting();
        let (channel, first) = waiting.iter().min_by_key(|(channel, _)| *channel)?;
        let posts = waiting.values().flat_map(|queue| &queue.posts);
        let why = first.refused.as_deref().unwrap_or_default();
        Some(Refused {
            messages: posts.map(|waits| waits.post.count).sum(),
            channels: waiting.len(),
            why: format!("{channel}: {why}"),
        })
    }

    /// How much waits, and for how long.
    pub(super) fn backlog(&self) -> Backlog {
        let waiting = self.waiting();
        let firsts = waiting.values().filter_map(|queue| queue.posts.front());
        let oldest = firsts.map(|first| first.since).min();
        Backlog {
            messages: self.messages.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            age: oldest.map(|since| since.elapsed()),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        // Nobody waits for it any more.
        let Backlog {
            messages, bytes, ..
        } = self.backlog();
        if messages > 0 {
            tracing::error!(
                messages,
                bytes,
                "messages are lost, which waited for Redis when the last handle of the cluster was dropped: \
                 `Cluster::close` waits for them"
            );
        }
        self.metrics.waits_no_more(messages, bytes);
        self.metrics.oldest_waits(Duration::ZERO);
    }
}

impl Node {
    /// Tells for how long the oldest message has waited, for as long as the node lives.
    pub(super) async fn watch_outbox(self: Arc<Self>) {
        loop {
            let age = self.outbox.backlog().age;
            self.outbox.metrics.oldest_waits(age.unwrap_or_default());
            sleep(PERIOD).await;
        }
    }
}
