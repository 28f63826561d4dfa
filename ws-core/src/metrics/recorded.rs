use std::collections::HashMap;
use std::time::Instant;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::protocol::ErrorCode;

/// What the connections of one server count together.
pub(crate) struct ServerMetrics {
    contract: &'static str,
    connections: Gauge,
    waiting: Gauge,
    dropped: Counter,
    slow: Counter,
    sent: HashMap<&'static str, Counter>,
}

impl ServerMetrics {
    pub(crate) fn new(
        contract: &'static str,
        server_events: impl Iterator<Item = &'static str>,
    ) -> Self {
        let sent =
            |event| counter!("ws_events_sent_total", "contract" => contract, "event" => event);
        Self {
            contract,
            connections: gauge!("ws_connections", "contract" => contract),
            waiting: gauge!("ws_outbox_waiting_bytes", "contract" => contract),
            dropped: counter!("ws_slow_total", "contract" => contract, "policy" => "drop_oldest"),
            slow: counter!("ws_slow_total", "contract" => contract, "policy" => "disconnect"),
            sent: server_events.map(|event| (event, sent(event))).collect(),
        }
    }

    pub(crate) fn connected(&self) {
        self.connections.increment(1);
    }

    pub(crate) fn disconnected(&self) {
        self.connections.decrement(1);
    }

    /// So many bytes wait for slow clients now.
    pub(crate) fn waiting(&self, bytes: usize) {
        // What an f64 does not hold exactly is more memory than there is.
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        self.waiting.set(bytes as f64);
    }

    /// Events were dropped for newer ones.
    pub(crate) fn dropped(&self, events: usize) {
        if events > 0 {
            self.dropped.increment(events as u64);
        }
    }

    /// A client is disconnected because it is slow.
    pub(crate) fn slow(&self) {
        self.slow.increment(1);
    }

    /// An event was sent to one client.
    pub(crate) fn sent(&self, event: &str) {
        if let Some(sent) = self.sent.get(event) {
            sent.increment(1);
        }
    }

    /// A client was told of an error.
    pub(crate) fn error(&self, code: ErrorCode) {
        counter!("ws_errors_total", "contract" => self.contract, "code" => code.as_str())
            .increment(1);
    }
}

/// What is counted of one event that clients send.
pub(crate) struct EventMetrics {
    received: Counter,
    seconds: Histogram,
}

impl EventMetrics {
    pub(crate) fn new(contract: &'static str, event: &'static str) -> Self {
        Self {
            received: counter!("ws_events_received_total", "contract" => contract, "event" => event),
            seconds: histogram!("ws_handler_seconds", "contract" => contract, "event" => event),
        }
    }

    pub(crate) fn received(&self) {
        self.received.increment(1);
    }

    /// Its handler has ended.
    pub(crate) fn handled(&self, timer: &Timer) {
        self.seconds.record(timer.0.elapsed());
    }
}

/// What is counted of the channels of a contract.
pub(crate) struct ChannelMetrics {
    contract: &'static str,
    walks: Counter,
    delivered: Counter,
    deliveries: Counter,
}

impl ChannelMetrics {
    pub(crate) fn new(contract: &'static str) -> Self {
        Self {
            contract,
            walks: counter!("ws_walks_total", "contract" => contract),
            delivered: counter!("ws_walked_messages_total", "contract" => contract),
            deliveries: counter!("ws_deliveries_total", "contract" => contract),
        }
    }

    /// An event was sent to a channel.
    pub(crate) fn broadcast(&self, event: &'static str) {
        counter!("ws_broadcasts_total", "contract" => self.contract, "event" => event).increment(1);
    }

    /// The members were given messages, all at once.
    pub(crate) fn walked(&self, messages: usize) {
        self.walks.increment(1);
        self.delivered.increment(messages as u64);
    }

    /// Connections of members were written to.
    pub(crate) fn delivered(&self, connections: usize) {
        self.deliveries.increment(connections as u64);
    }
}

/// Measures the time of a handler.
pub(crate) struct Timer(Instant);

impl Timer {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}
