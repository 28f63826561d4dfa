use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

use crate::cluster::ClusterStatus;

/// What is wrong at the moment, by component.
#[derive(Debug)]
pub(super) struct Status {
    ills: Mutex<BTreeMap<String, (SystemTime, String)>>,
    told: watch::Sender<ClusterStatus>,
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

    pub(super) fn is_up(&self) -> bool {
        *self.told.borrow() == ClusterStatus::Up
    }

    /// What was noticed first, in words for people.
    pub(super) fn why(&self) -> Option<String> {
        match &*self.told.borrow() {
            ClusterStatus::Degraded { why, .. } => Some(why.clone()),
            _ => None,
        }
    }

    pub(super) fn is_well(&self, component: &str) {
        let mut ills = self.ills.lock().unwrap_or_else(PoisonError::into_inner);
        if ills.remove(component).is_some() {
            self.tell(&ills);
        }
    }

    pub(super) fn is_ill(&self, component: &str, why: &str) {
        let mut ills = self.ills.lock().unwrap_or_else(PoisonError::into_inner);
        if !ills.contains_key(component) {
            ills.insert(component.to_owned(), (SystemTime::now(), why.to_owned()));
            self.tell(&ills);
        }
    }

    pub(super) fn close(&self) {
        self.told.send_replace(ClusterStatus::Closed);
    }

    fn tell(&self, ills: &BTreeMap<String, (SystemTime, String)>) {
        let first = ills.iter().min_by_key(|(_, (since, _))| *since);
        let status = match first {
            None => ClusterStatus::Up,
            Some((component, (since, why))) => ClusterStatus::Degraded {
                since: *since,
                why: format!("{component}: {why}"),
            },
        };
        self.told.send_if_modified(|told| {
            let changes = *told != ClusterStatus::Closed && *told != status;
            if changes {
                match &status {
                    ClusterStatus::Degraded { why, .. } => {
                        tracing::warn!(why, "the cluster is degraded");
                    }
                    _ => tracing::info!("the cluster is up"),
                }
                *told = status;
            }
            changes
        });
    }
}
