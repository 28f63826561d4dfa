//! The channels that a node follows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::feed::Feed;
use crate::cluster::Sink;

/// Feeds by their channels.
#[derive(Default)]
pub(super) struct Feeds(Mutex<HashMap<String, Arc<Feed>>>);

impl Feeds {
    pub(super) fn get(&self, channel: &str) -> Option<Arc<Feed>> {
        self.lock().get(channel).cloned()
    }

    /// Whether a feed is still the one of its channel.
    pub(super) fn have(&self, feed: &Arc<Feed>) -> bool {
        let feeds = self.lock();
        let current = feeds.get(&feed.channel);
        current.is_some_and(|current| Arc::ptr_eq(current, feed))
    }

    pub(super) fn all(&self) -> Vec<Arc<Feed>> {
        self.lock().values().cloned().collect()
    }

    /// Adds a sink to the feed of a channel, which is made where there is none. `true` where it was made.
    pub(super) fn add(
        &self,
        channel: &str,
        sink: Weak<dyn Sink>,
        new: impl FnOnce() -> Feed,
    ) -> (Arc<Feed>, bool) {
        let mut feeds = self.lock();
        if let Some(feed) = feeds.get(channel)
            && !feed.is_deserted()
        {
            feed.add(sink);
            return (Arc::clone(feed), false);
        }
        let feed = Arc::new(new());
        feed.add(sink);
        feeds.insert(channel.to_owned(), Arc::clone(&feed));
        (feed, true)
    }

    /// Removes the feed of a channel where nobody listens to it any more.
    pub(super) fn remove_deserted(&self, channel: &str) -> Option<Arc<Feed>> {
        let mut feeds = self.lock();
        let is_deserted = feeds.get(channel).is_some_and(|feed| feed.is_deserted());
        is_deserted.then(|| feeds.remove(channel))?
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Feed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
