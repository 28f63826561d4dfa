use crate::protocol::ErrorCode;

/// Counts nothing.
pub(crate) struct ServerMetrics;

impl ServerMetrics {
    pub(crate) fn new(_: &'static str, _: impl Iterator<Item = &'static str>) -> Self {
        Self
    }

    pub(crate) fn connected(&self) {}

    pub(crate) fn disconnected(&self) {}

    pub(crate) fn waiting(&self, _: usize) {}

    pub(crate) fn dropped(&self, _: usize) {}

    pub(crate) fn slow(&self) {}

    pub(crate) fn sent(&self, _: &str) {}

    pub(crate) fn error(&self, _: ErrorCode) {}
}

/// Counts nothing.
pub(crate) struct EventMetrics;

impl EventMetrics {
    pub(crate) fn new(_: &'static str, _: &'static str) -> Self {
        Self
    }

    pub(crate) fn received(&self) {}

    pub(crate) fn handled(&self, _: &Timer) {}
}

/// Counts nothing.
pub(crate) struct ChannelMetrics;

impl ChannelMetrics {
    pub(crate) fn new(_: &'static str) -> Self {
        Self
    }

    pub(crate) fn broadcast(&self, _: &'static str) {}

    pub(crate) fn walked(&self, _: usize) {}

    pub(crate) fn delivered(&self, _: usize) {}
}

/// Measures nothing.
pub(crate) struct Timer;

impl Timer {
    pub(crate) fn start() -> Self {
        Self
    }
}
