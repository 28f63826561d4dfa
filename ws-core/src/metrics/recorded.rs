//! The metrics as they are with the feature: names, labels and handles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(feature = "redis")]
use std::time::Duration;
use std::time::Instant;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

use super::WriteCounts;
use crate::error::Refused;
use crate::event::EventSpec;
use crate::protocol::{CloseCode, ErrorCode};

/// Says to the recorder what `docs/metrics.md` says to people, in the same words: a test compares them.
fn describe() {
    describe_gauge!("ws_connections", Unit::Count, "Open connections.");
    describe_counter!(
        "ws_connections_closed_total",
        Unit::Count,
        "Closed connections, by close code; `other` for codes that an application or a client made up."
    );
    describe_counter!(
        "ws_connections_refused_total",
        Unit::Count,
        "Refused connections: the server is `full` or `shutting_down`, too many come from one `address`, or pages of the `origin` may not connect."
    );
    describe_counter!(
        "ws_events_received_total",
        Unit::Count,
        "Events from clients for which a handler was called."
    );
    describe_histogram!(
        "ws_handler_duration_seconds",
        Unit::Seconds,
        "How long handlers took, however they ended, without the wait behind earlier events."
    );
    describe_counter!(
        "ws_errors_total",
        Unit::Count,
        "Errors of the library that were sent to clients, by code."
    );
    describe_counter!(
        "ws_events_sent_total",
        Unit::Count,
        "Events sent to one client or to one user."
    );
    describe_counter!(
        "ws_broadcasts_total",
        Unit::Count,
        "Events sent to a channel or to all clients of a server, counted once however many receive them."
    );
    describe_counter!(
        "ws_messages_written_total",
        Unit::Count,
        "Messages of every kind that sockets accepted to the last byte."
    );
    describe_counter!(
        "ws_writes_total",
        Unit::Count,
        "Writes to sockets, each with one message or many."
    );
    describe_gauge!(
        "ws_outbox_bytes",
        Unit::Bytes,
        "Bytes that wait for clients that do not read at the moment, or that are being sent what they missed."
    );
    describe_counter!(
        "ws_messages_dropped_total",
        Unit::Count,
        "Messages that slow clients did not get: dropped for newer ones, or with the connection."
    );
}

#[cfg(feature = "redis")]
fn describe_cluster() {
    describe_gauge!(
        "ws_cluster_waiting_messages",
        Unit::Count,
        "Messages to channels that wait on this node until Redis accepts them."
    );
    describe_gauge!(
        "ws_cluster_waiting_bytes",
        Unit::Bytes,
        "Bytes of these messages, limited by `RedisOptions::with_outbox_bytes`."
    );
    describe_gauge!(
        "ws_cluster_waiting_seconds",
        Unit::Seconds,
        "How long the oldest of these messages has waited, checked twice a second."
    );
}

/// What the connections of one server count together.
pub(crate) struct ServerMetrics {
    connections: Gauge,
    closed: Vec<(CloseCode, Counter)>,
    closed_otherwise: Counter,
    refused: HashMap<Refused, Counter>,
    errors: HashMap<ErrorCode, Counter>,
    outbox_bytes: Gauge,
    dropped_oldest: Counter,
    dropped_with_connection: Counter,
    sent: SentMetrics,
}

impl ServerMetrics {
    pub(crate) fn new(
        contract: &'static str,
        server_events: &'static [&'static [EventSpec]],
    ) -> Self {
        describe();
        let closed = |code: String| counter!("ws_connections_closed_total", "contract" => contract, "code" => code);
        let refused = |why: Refused| counter!("ws_connections_refused_total", "contract" => contract, "why" => why.as_str());
        let error = |code: ErrorCode| counter!("ws_errors_total", "contract" => contract, "code" => code.as_str());
        let dropped = |policy| counter!("ws_messages_dropped_total", "contract" => contract, "policy" => policy);
        Self {
            connections: gauge!("ws_connections", "contract" => contract),
            closed: CloseCode::KNOWN
                .map(|code| (code, closed(code.number().to_string())))
                .into(),
            closed_otherwise: closed("other".to_owned()),
            refused: Refused::ALL
                .map(|why| (why, refused(why)))
                .into_iter()
                .collect(),
            errors: ErrorCode::ALL
                .map(|code| (code, error(code)))
                .into_iter()
                .collect(),
            outbox_bytes: gauge!("ws_outbox_bytes", "contract" => contract),
            dropped_oldest: dropped("drop_oldest"),
            dropped_with_connection: dropped("disconnect"),
            sent: SentMetrics::new(contract, server_events),
        }
    }

    pub(crate) fn connected(&self) {
        self.connections.increment(1);
    }

    pub(crate) fn disconnected(&self) {
        self.connections.decrement(1);
    }

    /// How a connection has ended. Clients may say any code, and there is no series for each.
    pub(crate) fn closed(&self, code: CloseCode) {
        let known = self.closed.iter().find(|(known, _)| *known == code);
        known
            .map_or(&self.closed_otherwise, |(_, closed)| closed)
            .increment(1);
    }

    /// A connection was not taken.
    pub(crate) fn refused(&self, why: Refused) {
        if let Some(refused) = self.refused.get(&why) {
            refused.increment(1);
        }
    }

    /// So many bytes wait for one slow client now, instead of before. A sum of changes, because what is set by several
    /// threads at once may stay at what one of them saw.
    #[expect(
        clippy::cast_precision_loss,
        reason = "what an f64 does not hold exactly is more memory than there is"
    )]
    pub(crate) fn waiting(&self, before: usize, now: usize) {
        self.outbox_bytes.increment(now as f64 - before as f64);
    }

    /// Messages were dropped for newer ones.
    pub(crate) fn dropped_oldest(&self, messages: usize) {
        if messages > 0 {
            self.dropped_oldest.increment(messages as u64);
        }
    }

    /// Messages were dropped because their client is disconnected for being slow.
    pub(crate) fn dropped_with_connection(&self, messages: usize) {
        self.dropped_with_connection.increment(messages as u64);
    }

    /// A client was told of an error.
    pub(crate) fn error(&self, code: ErrorCode) {
        if let Some(errors) = self.errors.get(&code) {
            errors.increment(1);
        }
    }

    /// What the server sends.
    pub(crate) fn sent(&self) -> &SentMetrics {
        &self.sent
    }
}

/// What is counted of one event that clients send.
pub(crate) struct ReceivedMetrics {
    received: Counter,
    seconds: Histogram,
}

impl ReceivedMetrics {
    pub(crate) fn new(contract: &'static str, event: &'static str) -> Self {
        Self {
            received: counter!("ws_events_received_total", "contract" => contract, "event" => event),
            seconds: histogram!("ws_handler_duration_seconds", "contract" => contract, "event" => event),
        }
    }

    /// Its handler was called.
    pub(crate) fn received(&self) {
        self.received.increment(1);
    }

    /// Its handler has ended.
    pub(crate) fn handled(&self, timer: &Timer) {
        self.seconds.record(timer.0.elapsed());
    }
}

/// What is counted of what is sent. Cheap to clone; clones are one.
#[derive(Clone)]
pub(crate) struct SentMetrics(Arc<Sent>);

struct Sent {
    events: HashMap<&'static str, SentEvent>,
    messages: Counter,
    writes: Counter,
}

struct SentEvent {
    sent: Counter,
    broadcasts: Counter,
}

impl SentMetrics {
    pub(crate) fn new(contract: &'static str, events: &'static [&'static [EventSpec]]) -> Self {
        let event = |event: &EventSpec| {
            let name = event.name;
            let sent = SentEvent {
                sent: counter!("ws_events_sent_total", "contract" => contract, "event" => name),
                broadcasts: counter!("ws_broadcasts_total", "contract" => contract, "event" => name),
            };
            (name, sent)
        };
        Self(Arc::new(Sent {
            events: events.iter().copied().flatten().map(event).collect(),
            messages: counter!("ws_messages_written_total", "contract" => contract),
            writes: counter!("ws_writes_total", "contract" => contract),
        }))
    }

    /// An event was sent to one client or user.
    pub(crate) fn sent(&self, event: &str) {
        if let Some(event) = self.0.events.get(event) {
            event.sent.increment(1);
        }
    }

    /// An event was sent to everyone, in so many places.
    pub(crate) fn broadcast(&self, event: &str, places: usize) {
        if let Some(event) = self.0.events.get(event) {
            event.broadcasts.increment(places as u64);
        }
    }

    /// Sockets have taken something.
    pub(crate) fn wrote(&self, wrote: WriteCounts) {
        if wrote.writes > 0 {
            self.0.messages.increment(wrote.messages as u64);
            self.0.writes.increment(wrote.writes as u64);
        }
    }
}

/// What the channels of a node count, by contract: made once for all channels of a contract, of which there may be many.
pub(crate) struct NodeMetrics {
    contracts: Mutex<HashMap<&'static str, SentMetrics>>,
}

impl NodeMetrics {
    pub(crate) fn new() -> Self {
        Self {
            contracts: Mutex::default(),
        }
    }

    pub(crate) fn of(
        &self,
        contract: &'static str,
        events: &'static [&'static [EventSpec]],
    ) -> SentMetrics {
        let mut contracts = self
            .contracts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        contracts
            .entry(contract)
            .or_insert_with(|| SentMetrics::new(contract, events))
            .clone()
    }
}

/// What waits on a node for the others.
#[cfg(feature = "redis")]
pub(crate) struct ClusterMetrics {
    messages: Gauge,
    bytes: Gauge,
    seconds: Gauge,
}

#[cfg(feature = "redis")]
#[expect(
    clippy::cast_precision_loss,
    reason = "what an f64 does not hold exactly is more than fits into memory"
)]
impl ClusterMetrics {
    pub(crate) fn new(prefix: &str) -> Self {
        describe_cluster();
        let prefix = || prefix.to_owned();
        Self {
            messages: gauge!("ws_cluster_waiting_messages", "prefix" => prefix()),
            bytes: gauge!("ws_cluster_waiting_bytes", "prefix" => prefix()),
            seconds: gauge!("ws_cluster_waiting_seconds", "prefix" => prefix()),
        }
    }

    pub(crate) fn add_waiting(&self, messages: usize, bytes: usize) {
        self.messages.increment(messages as f64);
        self.bytes.increment(bytes as f64);
    }

    pub(crate) fn remove_waiting(&self, messages: usize, bytes: usize) {
        self.messages.decrement(messages as f64);
        self.bytes.decrement(bytes as f64);
    }

    pub(crate) fn set_oldest_waiting(&self, age: Duration) {
        self.seconds.set(age.as_secs_f64());
    }
}

/// Measures the time of a handler.
pub(crate) struct Timer(Instant);

impl Timer {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}
