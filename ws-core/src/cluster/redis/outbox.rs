use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;

use super::log::Post;
use super::node::Node;
use crate::cluster::Backlog;
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
type Waiting = HashMap<String, VecDeque<Waits>>;

struct Waits {
    since: Instant,
    post: Arc<Post>,
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
        let posts = waiting.entry(channel.to_owned()).or_default();
        posts.push_back(Waits {
            since: Instant::now(),
            post: Arc::new(post),
        });
        posts.len() == 1
    }

    /// The marks of what waits of a channel, in its order.
    pub(super) fn marks(&self, channel: &str) -> Vec<u64> {
        let waiting = self.waiting();
        let posts = waiting.get(channel).into_iter().flatten();
        posts.map(|waits| waits.post.nonce).collect()
    }

    pub(super) fn first(&self, channel: &str) -> Option<Arc<Post>> {
        let waiting = self.waiting();
        let first = waiting.get(channel)?.front()?;
        Some(Arc::clone(&first.post))
    }

    /// Redis has the first frame of a channel. Returns the next one; where there is none, whoever adds one is at work on it.
    pub(super) fn taken(&self, channel: &str) -> Option<Arc<Post>> {
        let mut waiting = self.waiting();
        let posts = waiting.get_mut(channel)?;
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

    /// Waits until nothing waits.
    pub(super) async fn drained(&self) {
        loop {
            let changed = self.changed.notified();
            if self.waiting().is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// How much waits, and for how long.
    pub(super) fn backlog(&self) -> Backlog {
        let waiting = self.waiting();
        let firsts = waiting.values().filter_map(VecDeque::front);
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
                "messages that waited for Redis were lost, because the last handle of the cluster was dropped: \
                 use `Cluster::close` to wait for them"
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
