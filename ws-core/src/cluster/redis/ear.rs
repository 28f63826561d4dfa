//! What one connection of the subscriber hears.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use redis::{PushInfo, PushKind, Value};
use tokio::sync::Notify;

use super::feed::Feed;
use super::node::Node;
use super::supervisor::Followed;

/// Takes what one connection brings, in the task that reads it: so it never waits.
pub(super) struct Ear {
    node: Weak<Node>,
    me: u64,
    feeds: Followed,
    probe: RwLock<String>,
    probed: AtomicBool,
    is_closed: AtomicBool,
    trouble: Notify,
    reason: Mutex<String>,
}

impl Ear {
    pub(super) fn new(node: &Arc<Node>, feeds: Followed) -> Self {
        Self {
            node: Arc::downgrade(node),
            me: node.name().id,
            feeds,
            probe: RwLock::default(),
            probed: AtomicBool::new(true),
            is_closed: AtomicBool::new(false),
            trouble: Notify::new(),
            reason: Mutex::default(),
        }
    }

    pub(super) fn expect_probe(&self, topic: &str) {
        topic.clone_into(&mut self.probe.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether a probe has come since the last call.
    pub(super) fn heard_probe(&self) -> bool {
        self.probed.swap(false, Ordering::AcqRel)
    }

    /// Waits for a reason not to trust the connection any more, and returns it.
    pub(super) async fn trouble(&self) -> String {
        self.trouble.notified().await;
        let reason = self.reason.lock();
        reason.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ignores what still comes.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    fn report_trouble(&self, reason: &str) {
        reason.clone_into(&mut self.reason.lock().unwrap_or_else(PoisonError::into_inner));
        self.trouble.notify_one();
    }

    fn feed(&self, topic: &str) -> Option<Arc<Feed>> {
        let feeds = self.feeds.read().unwrap_or_else(PoisonError::into_inner);
        feeds.get(topic).cloned()
    }

    fn published(&self, data: Vec<Value>) {
        let mut data = data.into_iter();
        let (Some(Value::BulkString(topic)), Some(Value::BulkString(payload))) =
            (data.next(), data.next())
        else {
            return;
        };
        let (Ok(topic), Some(node)) = (std::str::from_utf8(&topic), self.node.upgrade()) else {
            return;
        };
        #[cfg(test)]
        if node.faults.swallows() {
            return;
        }
        if let Some(feed) = self.feed(topic) {
            let needs = feed.pushed(self.me, &payload.into());
            node.satisfy(&feed, needs);
        } else if *topic == **self.probe.read().unwrap_or_else(PoisonError::into_inner) {
            self.probed.store(true, Ordering::Release);
        }
    }

    /// Takes note that a subscription has ended. Where nobody asked for that, its slot went to another server.
    fn unsubscribed(&self, data: Vec<Value>) {
        let Some(Value::BulkString(topic)) = data.into_iter().next() else {
            return;
        };
        let topic = String::from_utf8_lossy(&topic);
        let is_probe = *topic == **self.probe.read().unwrap_or_else(PoisonError::into_inner);
        if is_probe || self.feed(&topic).is_some() {
            self.report_trouble("the server ended a subscription");
        }
    }
}

/// What the connection calls with each push.
pub(super) fn listener(
    ear: &Arc<Ear>,
) -> impl Fn(PushInfo) -> Result<(), Closed> + Send + Sync + 'static {
    let ear = Arc::clone(ear);
    move |push| {
        if ear.is_closed.load(Ordering::Acquire) {
            return Err(Closed);
        }
        match push.kind {
            PushKind::Message | PushKind::SMessage => ear.published(push.data),
            PushKind::Unsubscribe | PushKind::SUnsubscribe => ear.unsubscribed(push.data),
            PushKind::Disconnection => ear.report_trouble("the connection was lost"),
            _ => {}
        }
        Ok(())
    }
}

/// Nobody listens any more.
pub(super) struct Closed;
