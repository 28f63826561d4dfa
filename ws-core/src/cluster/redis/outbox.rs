use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::log::Post;

/// What waits until Redis takes it: in order for each channel, and bounded for the node.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    /// What waits. Apart, because it is asked before every message, by whoever sends one.
    bytes: AtomicUsize,
    most_bytes: usize,
    changed: Notify,
}

/// For each channel.
type Waiting = HashMap<String, VecDeque<Arc<Post>>>;

impl Outbox {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            bytes: AtomicUsize::new(0),
            most_bytes,
            changed: Notify::new(),
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
        let mut waiting = self.waiting();
        let posts = waiting.entry(channel.to_owned()).or_default();
        posts.push_back(Arc::new(post));
        posts.len() == 1
    }

    pub(super) fn first(&self, channel: &str) -> Option<Arc<Post>> {
        let waiting = self.waiting();
        waiting.get(channel)?.front().cloned()
    }

    /// Redis has the first frame of a channel. Returns the next one; where there is none, whoever adds one is at work on it.
    pub(super) fn taken(&self, channel: &str) -> Option<Arc<Post>> {
        let mut waiting = self.waiting();
        let posts = waiting.get_mut(channel)?;
        let taken = posts.pop_front().map_or(0, |post| post.bytes.len());
        let next = posts.front().cloned();
        if next.is_none() {
            waiting.remove(channel);
        }
        drop(waiting);
        self.bytes.fetch_sub(taken, Ordering::Relaxed);
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

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
