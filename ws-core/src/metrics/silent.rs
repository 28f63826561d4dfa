//! The metrics as they are without the feature: the same interface, and nothing behind it.

#[cfg(feature = "redis")]
use std::time::Duration;

use super::WriteCounts;
use crate::error::Refused;
use crate::event::EventSpec;
use crate::protocol::{CloseCode, ErrorCode};

/// Counts nothing.
pub(crate) struct ServerMetrics;

impl ServerMetrics {
    pub(crate) fn new(_: &'static str, _: &'static [&'static [EventSpec]]) -> Self {
        Self
    }

    pub(crate) fn connected(&self) {}

    pub(crate) fn disconnected(&self) {}

    pub(crate) fn closed(&self, _: CloseCode) {}

    pub(crate) fn refused(&self, _: Refused) {}

    pub(crate) fn waiting(&self, _: usize, _: usize) {}

    pub(crate) fn dropped_oldest(&self, _: usize) {}

    pub(crate) fn dropped_with_connection(&self, _: usize) {}

    pub(crate) fn error(&self, _: ErrorCode) {}

    pub(crate) fn sent(&self) -> &SentMetrics {
        &SentMetrics
    }
}

/// Counts nothing.
pub(crate) struct ReceivedMetrics;

impl ReceivedMetrics {
    pub(crate) fn new(_: &'static str, _: &'static str) -> Self {
        Self
    }

    pub(crate) fn received(&self) {}

    pub(crate) fn handled(&self, _: &Timer) {}
}

/// Counts nothing.
pub(crate) struct SentMetrics;

impl SentMetrics {
    #[cfg(test)]
    pub(crate) fn new(_: &'static str, _: &'static [&'static [EventSpec]]) -> Self {
        Self
    }

    pub(crate) fn sent(&self, _: &str) {}

    pub(crate) fn broadcast(&self, _: &str, _: usize) {}

    pub(crate) fn wrote(&self, _: WriteCounts) {}
}

/// Counts nothing.
pub(crate) struct NodeMetrics;

impl NodeMetrics {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn of(&self, _: &'static str, _: &'static [&'static [EventSpec]]) -> SentMetrics {
        SentMetrics
    }
}

/// Counts nothing.
#[cfg(feature = "redis")]
pub(crate) struct ClusterMetrics;

#[cfg(feature = "redis")]
impl ClusterMetrics {
    pub(crate) fn new(_: &str) -> Self {
        Self
    }

    pub(crate) fn add_waiting(&self, _: usize, _: usize) {}

    pub(crate) fn remove_waiting(&self, _: usize, _: usize) {}

    pub(crate) fn set_oldest_waiting(&self, _: Duration) {}
}

/// Measures nothing.
pub(crate) struct Timer;

impl Timer {
    pub(crate) fn start() -> Self {
        Self
    }
}
