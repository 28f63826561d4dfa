//! What is wrong at the moment, component by component. Knows components by their names only.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

use crate::cluster::ClusterStatus;

/// What is wrong at the moment, by component.
#[derive(Debug)]
pub(super) struct Status {
    ills: Mutex<BTreeMap<String, Ill>>,
    told: watch::Sender<ClusterStatus>,
}

#[derive(Debug)]
struct Ill {
    since: SystemTime,
    why: String,
    /// Whether other nodes may be out of reach because of it.
    isolates: bool,
}

impl Status {
    pub(super) fn new() -> Self {
        Self {
            ills: Mutex::default(),
            told: watch::Sender::new(ClusterStatus::Up),
        }
    }

    pub(super) fn watch(&self) -> watch::Receiver<ClusterStatus> {
        self.told.subscribe()
    }

    /// Whether other nodes may be out of reach.
    pub(super) fn is_isolated(&self) -> bool {
        let ills = self.ills.lock().unwrap_or_else(PoisonError::into_inner);
        *self.told.borrow() == ClusterStatus::Closed || ills.values().any(|ill| ill.isolates)
    }

    /// Whether this is wrong.
    pub(super) fn has_ill(&self, component: &str) -> bool {
        let ills = self.ills.lock().unwrap_or_else(PoisonError::into_inner);
        ills.contains_key(component)
    }

    /// What was noticed first, in words for people.
    pub(super) fn why(&self) -> Option<String> {
        match &*self.told.borrow() {
            ClusterStatus::Degraded { why, .. } => Some(why.clone()),
            _ => None,
        }
    }

    pub(super) fn clear(&self, component: &str) {
        self.change(|ills| ills.remove(component).is_some());
    }

    pub(super) fn note_failure(&self, component: &str, why: &str) {
        self.note(component, why, true);
    }

    /// Something is amiss, and everybody can be reached all the same.
    pub(super) fn note_risk(&self, component: &str, why: &str) {
        self.note(component, why, false);
    }

    fn note(&self, component: &str, why: &str, isolates: bool) {
        self.change(|ills| {
            if ills.contains_key(component) {
                return false;
            }
            let ill = Ill {
                since: SystemTime::now(),
                why: why.to_owned(),
                isolates,
            };
            ills.insert(component.to_owned(), ill);
            true
        });
    }

    /// Changes what is wrong, and tells where something has changed.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Ill>) -> bool) {
        let told = {
            let mut ills = self.ills.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut ills).then(|| self.tell(&ills)).flatten()
        };
        // Unlocked, for whoever takes this down may ask for the status.
        match told {
            None => {}
            Some(ClusterStatus::Degraded { why, .. }) => {
                tracing::warn!(why, "the cluster is degraded");
            }
            Some(_) => tracing::info!("the cluster is up"),
        }
    }

    pub(super) fn close(&self) {
        self.told.send_replace(ClusterStatus::Closed);
    }

    /// Tells how it is now. Returns that where it is another way than before.
    fn tell(&self, ills: &BTreeMap<String, Ill>) -> Option<ClusterStatus> {
        let first = ills.iter().min_by_key(|(_, ill)| ill.since);
        let status = match first {
            None => ClusterStatus::Up,
            Some((component, ill)) => ClusterStatus::Degraded {
                since: ill.since,
                why: format!("{component}: {}", ill.why),
            },
        };
        let has_changed = self.told.send_if_modified(|told| {
            let changes = *told != ClusterStatus::Closed && *told != status;
            if changes {
                told.clone_from(&status);
            }
            changes
        });
        has_changed.then_some(status)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;
    use std::time::Duration;

    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    /// Asks for the status whenever something is to be taken down.
    struct Asking(Arc<Status>);

    impl Subscriber for Asking {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {
            self.0.is_isolated();
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn whoever_logs_may_ask_for_the_status() {
        let (told, is_told) = mpsc::channel();
        thread::spawn(move || {
            let status = Arc::new(Status::new());
            tracing::subscriber::with_default(Asking(Arc::clone(&status)), || {
                status.note_failure("a component", "away");
                told.send(!status.is_isolated()).unwrap();
                status.clear("a component");
                told.send(!status.is_isolated()).unwrap();
            });
        });
        let next = || is_told.recv_timeout(Duration::from_secs(10));
        assert_eq!([next(), next()], [Ok(false), Ok(true)]);
    }
}
