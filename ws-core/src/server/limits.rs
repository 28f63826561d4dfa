use std::time::Duration;

/// The bounds of a server. Each has a default that suits a server of many small messages. Times are at most 30 days.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "limits are given to a server"]
pub struct Limits {
    pub(crate) message: usize,
    pub(crate) outbox: usize,
    pub(crate) requests: usize,
    pub(crate) unhandled: usize,
    pub(crate) unhandled_bytes: usize,
    pub(crate) errors: u32,
    pub(crate) channels: usize,
    pub(crate) connections: usize,
    pub(crate) handshake: Duration,
    pub(crate) handler: Duration,
    pub(crate) ping: Duration,
    pub(crate) pong: Duration,
    pub(crate) write: Duration,
    pub(crate) close: Duration,
    pub(crate) spread: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 64 * 1024,
            outbox: 1024 * 1024,
            requests: 32,
            unhandled: 256,
            unhandled_bytes: 256 * 1024,
            errors: 100,
            channels: 64,
            connections: 100_000,
            handshake: Duration::from_secs(10),
            handler: Duration::from_secs(30),
            ping: Duration::from_secs(25),
            pong: Duration::from_secs(10),
            write: Duration::from_secs(30),
            close: Duration::from_secs(5),
            spread: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// The longest message from a client, in bytes. Default 64 KiB. A longer one closes the connection with 1009.
    pub fn with_message(self, message: usize) -> Self {
        Self { message, ..self }
    }

    /// The most bytes that wait to be sent on one connection. Default 1 MiB. Above it the connection is closed with 4008.
    pub fn with_outbox(self, outbox: usize) -> Self {
        Self { outbox, ..self }
    }

    /// The most requests of one connection that are handled at the same time. Default 32. One more is answered with
    /// `ws.too_many_requests`.
    pub fn with_requests(self, requests: usize) -> Self {
        Self { requests, ..self }
    }

    /// The most events of one connection that wait behind the one that is handled. Default 256. One more is answered with
    /// `ws.too_many_requests`, and is not handled.
    pub fn with_unhandled(self, unhandled: usize) -> Self {
        Self { unhandled, ..self }
    }

    /// The most bytes of the events of one connection that wait behind the one that is handled. Default 256 KiB. One more is
    /// answered with `ws.too_many_requests`, and is not handled.
    pub fn with_unhandled_bytes(self, unhandled_bytes: usize) -> Self {
        Self {
            unhandled_bytes,
            ..self
        }
    }

    /// The most messages of one connection that are refused within a minute. Default 100. One more closes it with 4504.
    pub fn with_errors(self, errors: u32) -> Self {
        Self { errors, ..self }
    }

    /// The most channels that one client is registered in. Default 64. One more is a
    /// [`RegisterError`](crate::RegisterError).
    pub fn with_channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// The most connections of this server. Default 100,000. One more is refused with HTTP status 503.
    pub fn with_connections(self, connections: usize) -> Self {
        Self {
            // More could not be counted.
            connections: connections.min(tokio::sync::Semaphore::MAX_PERMITS),
            ..self
        }
    }

    /// How long a session client may take for its `hello`. Default 10 s, then 4504.
    pub fn with_handshake(self, handshake: Duration) -> Self {
        Self {
            handshake: bounded(handshake),
            ..self
        }
    }

    /// How long a handler or a hook may take. Default 30 s. Then it is dropped, and the client is told `ws.timeout`.
    pub fn with_handler(self, handler: Duration) -> Self {
        Self {
            handler: bounded(handler),
            ..self
        }
    }

    /// The time between two pings. Default 25 s; the first one comes after a random part of it. A client that is silent for
    /// this long and the time of [`with_pong`](Self::with_pong) more is disconnected with 4012.
    pub fn with_ping(self, ping: Duration) -> Self {
        Self {
            ping: bounded(ping),
            ..self
        }
    }

    /// How long a client may take to answer a ping. Default 10 s, then 4012.
    pub fn with_pong(self, pong: Duration) -> Self {
        Self {
            pong: bounded(pong),
            ..self
        }
    }

    /// How long one write may take while the client does not read. Default 30 s. Then the connection is given up.
    pub fn with_write(self, write: Duration) -> Self {
        Self {
            write: bounded(write),
            ..self
        }
    }

    /// How long the client may take to answer a close, and the handlers of events that came before the client's own. Default
    /// 5 s. Then the connection is given up.
    pub fn with_close(self, close: Duration) -> Self {
        Self {
            close: bounded(close),
            ..self
        }
    }

    /// The time over which session clients spread their reconnections after a shutdown. Default 5 s.
    pub fn with_spread(self, spread: Duration) -> Self {
        Self {
            spread: bounded(spread),
            ..self
        }
    }
}

/// A time that can be added to the present. Nobody waits for longer than a month.
fn bounded(time: Duration) -> Duration {
    time.min(Duration::from_secs(30 * 24 * 60 * 60))
}
