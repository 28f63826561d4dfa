use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::log::Post;

/// What waits until Redis takes it: in order for each channel, and bounded for the node.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    most_bytes: usize,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    by_channel: HashMap<String, VecDeque<Arc<Post>>>,
    bytes: usize,
}

impl Outbox {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            most_bytes,
            changed: Notify::new(),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting().bytes < self.most_bytes
    }

    /// Whether something of a channel waits: then everything new of it waits behind that.
    pub(super) fn has(&self, channel: &str) -> bool {
        self.waiting().by_channel.contains_key(channel)
    }

    /// Adds a frame. Whether it is the first of its channel, and so nobody is at work on it.
    pub(super) fn add(&self, channel: &str, post: Post) -> bool {
        let mut waiting = self.waiting();
        waiting.bytes += post.bytes.len();
        let posts = waiting.by_channel.entry(channel.to_owned()).or_default();
        posts.push_back(Arc::new(post));
        posts.len() == 1
    }

    pub(super) fn first(&self, channel: &str) -> Option<Arc<Post>> {
        let waiting = self.waiting();
        waiting.by_channel.get(channel)?.front().cloned()
    }

    /// Redis has the first frame of a channel. Returns the next one; where there is none, whoever adds one is at work on it.
    pub(super) fn taken(&self, channel: &str) -> Option<Arc<Post>> {
        let mut waiting = self.waiting();
        let posts = waiting.by_channel.get_mut(channel)?;
        let taken = posts.pop_front().map_or(0, |post| post.bytes.len());
        let next = posts.front().cloned();
        if next.is_none() {
            waiting.by_channel.remove(channel);
        }
        waiting.bytes -= taken;
        drop(waiting);
        self.changed.notify_waiters();
        next
    }

    /// Waits until nothing waits.
    pub(super) async fn drained(&self) {
        loop {
            let changed = self.changed.notified();
            if self.waiting().by_channel.is_empty() {
                return;
            }
            changed.await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
