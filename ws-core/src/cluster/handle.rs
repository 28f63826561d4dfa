use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Backend, MemoryHub};
use crate::metrics::NodeMetrics;
use crate::tasks::Tasks;

/// Connects the nodes of an application, and gives out its channels. Cheap to clone; clones are one node.
///
/// ```
/// let cluster = ws_core::Cluster::in_memory();
/// ```
#[derive(Clone)]
pub struct Cluster {
    node: Arc<Node>,
}

struct Node {
    backend: Arc<dyn Backend>,
    tasks: Arc<Tasks>,
    metrics: NodeMetrics,
    /// The channels that are in use on this node.
    channels: Mutex<HashMap<String, Weak<dyn Any + Send + Sync>>>,
}

impl Cluster {
    /// A cluster of this process alone. Channels behave as they do over Redis: the same order, positions and history.
    pub fn in_memory() -> Self {
        MemoryHub::new().node()
    }

    pub(crate) fn over(backend: Arc<dyn Backend>) -> Self {
        Self {
            node: Arc::new(Node {
                backend,
                tasks: Arc::default(),
                metrics: NodeMetrics::default(),
                channels: Mutex::default(),
            }),
        }
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.node.backend
    }

    /// The tasks of this node's channels.
    pub(crate) fn tasks(&self) -> &Arc<Tasks> {
        &self.node.tasks
    }

    /// What this node's channels count.
    pub(crate) fn metrics(&self) -> &NodeMetrics {
        &self.node.metrics
    }

    /// The channel under this key that is in use already, or a new one.
    pub(crate) fn shared<T: Any + Send + Sync>(
        &self,
        key: &str,
        new: impl FnOnce() -> Arc<T>,
    ) -> Arc<T> {
        let mut channels = self
            .node
            .channels
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let existing = channels
            .get(key)
            .and_then(Weak::upgrade)
            .and_then(|channel| channel.downcast().ok());
        if let Some(existing) = existing {
            return existing;
        }
        channels.retain(|_, channel| channel.strong_count() > 0);
        let channel = new();
        let any: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(&channel);
        channels.insert(key.to_owned(), Arc::downgrade(&any));
        channel
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").finish_non_exhaustive()
    }
}
