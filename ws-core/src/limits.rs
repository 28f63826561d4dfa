//! The bounds of a server. Knows numbers, and nothing of what they bound.

use std::time::Duration;

use crate::event::Rate;
use crate::websocket::Bounds;

/// The bounds of a server. Each has a default that suits a server of many small messages. Times are at most 30 days.
///
/// ```
/// use ws_core::Limits;
///
/// let limits = Limits::default().with_message_bytes(16 * 1024).with_connections_per_address(200);
/// assert_ne!(limits, Limits::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "limits are given to a server"]
pub struct Limits {
    pub(crate) message: usize,
    pub(crate) frame: Option<usize>,
    pub(crate) fragments: usize,
    pub(crate) rate: Option<Rate>,
    pub(crate) outbox: usize,
    pub(crate) outboxes: usize,
    pub(crate) requests: usize,
    pub(crate) cancels: u32,
    pub(crate) unhandled: usize,
    pub(crate) unhandled_bytes: usize,
    pub(crate) errors: u32,
    pub(crate) channels: usize,
    pub(crate) name: usize,
    pub(crate) connections: usize,
    pub(crate) connections_per_address: Option<usize>,
    pub(crate) handshake: Duration,
    pub(crate) handler: Duration,
    pub(crate) ping: Duration,
    pub(crate) pong: Duration,
    pub(crate) write: Duration,
    pub(crate) close: Duration,
    pub(crate) spread: Duration,
}

/// The most bytes of a channel's name, whatever the limit: it is part of names in Redis, and of every message to a client.
pub(crate) const LONGEST_CHANNEL: usize = 256;

/// The most bytes of a user id, whatever the limit: what nodes tell each other has no room for more.
pub(crate) const LONGEST_NAME: usize = u16::MAX as usize;

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 64 * 1024,
            frame: None,
            fragments: 1024,
            rate: None,
            outbox: 1024 * 1024,
            outboxes: 1024 * 1024 * 1024,
            requests: 32,
            cancels: 600,
            unhandled: 256,
            unhandled_bytes: 256 * 1024,
            errors: 100,
            channels: 64,
            name: 256,
            connections: 100_000,
            connections_per_address: None,
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
    /// The longest message from a client, in bytes. Default 64 KiB. A longer one closes the connection with 1009. Raise
    /// [`with_queued_event_bytes`](Self::with_queued_event_bytes) with it: an event that is longer than that is refused while another one
    /// is handled. The first message of a client that comes back holds where it stood in its channels: see
    /// [`with_channels`](Self::with_channels).
    pub fn with_message_bytes(self, message: usize) -> Self {
        Self { message, ..self }
    }

    /// The longest frame from a client, in bytes. Default as long as a message. A longer one closes the connection with 1009.
    pub fn with_frame_bytes(self, frame: usize) -> Self {
        Self {
            frame: Some(frame),
            ..self
        }
    }

    /// The most frames of which a message from a client consists. Default 1,024. More close the connection with 1009.
    pub fn with_fragments(self, fragments: usize) -> Self {
        Self {
            fragments: fragments.max(1),
            ..self
        }
    }

    /// How often one connection may send events, all of them together. Default unbounded: what a client sends is handled
    /// before more is read, so that it costs what its handlers cost. One more is answered with `ws.rate_limited`, and is not
    /// handled. What a single event may is declared with it: `#[ws(rate = "10/s")]`.
    pub fn with_rate(self, rate: Rate) -> Self {
        Self {
            rate: Some(rate),
            ..self
        }
    }

    /// The most bytes that wait to be sent on one connection. Each message counts its length and 64 bytes. Default 1 MiB. Above
    /// it events that say `when_slow = "drop_oldest"` make room, the oldest first; otherwise the connection is closed with 4008.
    pub fn with_outbox_bytes(self, outbox: usize) -> Self {
        Self { outbox, ..self }
    }

    /// The most bytes that wait to be sent on all connections of this server whose clients do not read, or are given what they
    /// missed. Default 1 GiB. Above it those connections are closed with 4008 that have more waiting than their share: the
    /// bound, divided by the number of connections that have something waiting. One that has less may still grow up to its
    /// share, so that for the moment that it takes to close the others there may be twice as much. An event that waits on many
    /// connections counts on each.
    ///
    /// What a client missed in a channel is read in pages of at most 1 MiB, and the page that it is being given counts, too. Where
    /// too much waits for all connections, a page that is more than a share is dropped, and read again when its client has taken
    /// what it was sent before. Nobody is closed for that.
    ///
    /// For a client that is given what it missed in a channel, at most 64 KiB are held of what is sent meanwhile, and the rest
    /// is read from the channel's log. What the log does not have, such as what is sent by
    /// [`broadcast_local`](crate::Channel::broadcast_local), is held as far as an [outbox](Self::with_outbox_bytes) would.
    pub fn with_total_outbox_bytes(self, outboxes: usize) -> Self {
        Self { outboxes, ..self }
    }

    /// The most requests of one connection that are handled at the same time. Default 32. One more is answered with
    /// `ws.too_many_requests`. One that is cancelled counts until its handler was dropped.
    pub fn with_requests(self, requests: usize) -> Self {
        Self { requests, ..self }
    }

    /// The most requests of one connection that are stopped within a minute because the client cancels them. Default 600. A
    /// `cancel` above that is ignored: the handler runs to its end, and is among [those](Self::with_requests) that are handled
    /// at the same time until then. Otherwise a client that cancels what it has just asked for could begin any number of
    /// handlers (as in CVE-2023-44487, the "rapid reset" of HTTP/2). One that cancels at every key that is pressed stays below.
    pub fn with_cancels(self, cancels: u32) -> Self {
        Self { cancels, ..self }
    }

    /// The most events of one connection that wait behind the one that is handled. Default 256. One more is answered with
    /// `ws.too_many_requests`, and is not handled. So a burst of more events than this, sent faster than they are handled, loses
    /// those above the bound: `send` of the generated client has succeeded by then, and only its `onError` hears of it. The
    /// message of the error names this bound and that of [the bytes](Self::with_queued_event_bytes). One that comes while none is handled does not wait, and is taken with a bound
    /// of 0, too. As many messages wait for [`on_connected`](crate::handler::HandlersBuilder::on_connected) to return; of a client
    /// that has sent more, no more is read until then.
    pub fn with_queued_events(self, unhandled: usize) -> Self {
        Self { unhandled, ..self }
    }

    /// The most bytes of the events of one connection that wait behind the one that is handled. Default 256 KiB. One more is
    /// answered with `ws.too_many_requests`, and is not handled. So an event that is longer than this is handled only where none
    /// is handled when it comes: a larger [`with_message_bytes`](Self::with_message_bytes) wants a larger bound here. Bounds also what waits
    /// for [`on_connected`](crate::handler::HandlersBuilder::on_connected) to return, as [`with_queued_events`](Self::with_queued_events)
    /// does.
    pub fn with_queued_event_bytes(self, unhandled_bytes: usize) -> Self {
        Self {
            unhandled_bytes,
            ..self
        }
    }

    /// The most messages of one connection that are refused within a minute. Default 100. One more closes it with 4504, and the
    /// client does not come back by itself. What is refused because it comes too fast does not count; neither do events and
    /// payloads that this server does not know where the client was generated from another contract, as pages of before and
    /// after a release are.
    pub fn with_errors_per_minute(self, errors: u32) -> Self {
        Self { errors, ..self }
    }

    /// The most channels that one client is registered in. Default 64. One more is a
    /// [`RegisterError`](crate::RegisterError).
    ///
    /// A client that comes back is sent what it missed in those channels whose positions fit into its first message, which may
    /// be as long as [any other](Self::with_message_bytes). Each takes the bytes of the channel's name and 28 more, sometimes 46;
    /// some 200 bytes and the token come first. The default of 64 KiB is enough for about 1,000 channels with names of 36
    /// bytes, or 200 with the longest names. The generated client offers what it heard last, and tells its application a gap
    /// in each of the others. It remembers 10,000 channels.
    ///
    /// Of these positions, the server keeps the first four times as many as this limit, and so 256 by default, until the client is
    /// registered in their channels. Where there were more, or some that cannot be read, it tells the client a gap in every
    /// other channel.
    pub fn with_channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// The most bytes of a user id, and of the name of a channel that clients are registered in. Default 256; at most 65,535
    /// for a user id, and [256 for a channel](crate::Cluster::channel). A longer one is a
    /// [`RegisterError`](crate::RegisterError).
    pub fn with_name_bytes(self, name: usize) -> Self {
        Self {
            name: name.min(LONGEST_NAME),
            ..self
        }
    }

    /// The most connections of this server, each until its socket is closed. Default 100,000. One more is refused with HTTP
    /// status 503.
    pub fn with_connections(self, connections: usize) -> Self {
        Self {
            // More could not be counted.
            connections: connections.min(tokio::sync::Semaphore::MAX_PERMITS),
            ..self
        }
    }

    /// The most connections of this server from one address (IPv6: from one /64 network). Default unbounded, because behind a
    /// proxy all of them come from one. One more is refused with HTTP status 429; where the address becomes known only with
    /// the socket, it is closed with 1013.
    ///
    /// The address is that of [`WsUpgrade::with_client_address`](crate::WsUpgrade::with_client_address), else that of axum's `ConnectInfo`, else
    /// that of the socket. Where there is none of them, as below a TLS listener of the application's own that is served
    /// without `into_make_service_with_connect_info::<SocketAddr>()`, no connection is refused for its address, and the log has
    /// a `WARN` that says so, once for each server.
    pub fn with_connections_per_address(self, connections: usize) -> Self {
        Self {
            connections_per_address: Some(connections),
            ..self
        }
    }

    /// How long a session client may take for its `hello`. Default 10 s, then 4504. What comes before the upgrade is HTTP, and
    /// bounded by who serves it: `axum::serve` waits for the head of a request as long as its client likes, unless something
    /// in front of it, such as a proxy, does not.
    pub fn with_handshake_timeout(self, handshake: Duration) -> Self {
        Self {
            handshake: bounded(handshake),
            ..self
        }
    }

    /// How long a handler or a hook may take. Default 30 s. Then it is dropped, and the client is told `ws.timeout`.
    pub fn with_handler_timeout(self, handler: Duration) -> Self {
        Self {
            handler: bounded(handler),
            ..self
        }
    }

    /// The time between two pings. Default 25 s; the first one comes after a random part of it.
    pub fn with_ping_interval(self, ping: Duration) -> Self {
        Self {
            ping: bounded(ping),
            ..self
        }
    }

    /// How long a client may take to give a sign of life after a ping: an answer, or anything else. Default 10 s, then 4012. So
    /// a client that is gone is noticed after [`with_ping_interval`](Self::with_ping_interval) and this time at the latest.
    pub fn with_pong_timeout(self, pong: Duration) -> Self {
        Self {
            pong: bounded(pong),
            ..self
        }
    }

    /// How long a client may take nothing of what is sent to it. Default 30 s. Then it is closed with 4008.
    pub fn with_write_timeout(self, write: Duration) -> Self {
        Self {
            write: bounded(write),
            ..self
        }
    }

    /// How long a client may take, from a close of this side on, to take what was sent before it and to answer; and how long
    /// the handlers of events may take that came before a close of the client. Default 5 s. Then the connection is given up,
    /// with what the client has not taken, however much it has taken meanwhile.
    pub fn with_close_timeout(self, close: Duration) -> Self {
        Self {
            close: bounded(close),
            ..self
        }
    }

    /// The time over which session clients spread their reconnections after a shutdown, and after
    /// [`Channel::disconnect`](crate::Channel::disconnect) with a code after which they come back. Default 5 s. Those of a
    /// single user come back at once.
    pub fn with_reconnect_spread(self, spread: Duration) -> Self {
        Self {
            spread: bounded(spread),
            ..self
        }
    }
}

impl Limits {
    /// What one connection may send at once.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            message: self.message,
            frame: self.frame.unwrap_or(self.message),
            fragments: self.fragments,
        }
    }
}

/// A time that can be added to the present. Nobody waits for longer than a month.
fn bounded(time: Duration) -> Duration {
    time.min(Duration::from_secs(30 * 24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_about_deployment_says_the_defaults() {
        let page = include_str!("docs/deployment.md");
        let limits = Limits::default();
        let [ping, pong, close, spread, handler] = [
            limits.ping,
            limits.pong,
            limits.close,
            limits.spread,
            limits.handler,
        ]
        .map(|time| time.as_secs());
        let last_step = 1;
        let all = handler + close + last_step + 20;
        for words in [
            format!("be silent for longer than {ping} s."),
            format!("does not answer within {pong} s is closed with 4012"),
            format!("longer than a ping's {ping} s"),
            format!("{close} s for clients that do not answer their close"),
            format!("{handler} + {close} + {last_step} + 20 = {all} s"),
            format!("come back by themselves, over {spread} s"),
            format!("| `with_handler_timeout` | {handler} s |"),
            format!("| `with_message_bytes` | {} KiB |", limits.message / 1024),
            format!(
                "| `with_total_outbox_bytes` | {} GiB |",
                limits.outboxes >> 30
            ),
            format!("| `with_connections` | {},000 |", limits.connections / 1000),
        ] {
            assert!(page.contains(&words), "{words}");
        }
        assert_eq!(limits.connections_per_address, None);
        assert_eq!(limits.rate, None);
    }
}
