//! The limits of a server. This module knows numbers, and nothing about what they limit.

use std::time::Duration;

use crate::event::Rate;
use crate::websocket::Bounds;

/// The limits of a server: sizes, rates, counts and timeouts.
///
/// Each limit has a default that suits a server of many small messages. Durations are capped at 30 days.
///
/// ```
/// use ws_core::Limits;
///
/// let limits = Limits::default().with_message_bytes(16 * 1024).with_connections_per_address(200);
/// assert_ne!(limits, Limits::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "limits do nothing until they are passed to a server"]
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
    /// Sets the maximum size of a message from a client, in bytes. The default is 64 KiB.
    ///
    /// A longer message closes the connection with 1009.
    ///
    /// Raise [`with_queued_event_bytes`](Self::with_queued_event_bytes) together with this limit: an event that is
    /// longer than that limit is refused while another event is being handled. The first message of a client that
    /// reconnects also carries its positions in its channels: see [`with_channels_per_client`](Self::with_channels_per_client).
    pub fn with_message_bytes(self, message: usize) -> Self {
        Self { message, ..self }
    }

    /// Sets the maximum size of a frame from a client, in bytes. The default is the maximum size of a message.
    ///
    /// A longer frame closes the connection with 1009.
    pub fn with_frame_bytes(self, frame: usize) -> Self {
        Self {
            frame: Some(frame),
            ..self
        }
    }

    /// Sets the maximum number of frames that make up one message from a client. The default is 1,024, and the minimum
    /// is 1.
    ///
    /// A message of more frames closes the connection with 1009.
    pub fn with_fragments(self, fragments: usize) -> Self {
        Self {
            fragments: fragments.max(1),
            ..self
        }
    }

    /// Sets how often one connection may send events, counted across all events. The default is no limit.
    ///
    /// Without a limit, a client costs no more than its handlers do, because what it sends is handled before more is
    /// read. An event above the limit is not handled, and is answered with `ws.rate_limited`. The rate of a single
    /// event is declared on the event: `#[ws(rate = "10/s")]`.
    pub fn with_rate(self, rate: Rate) -> Self {
        Self {
            rate: Some(rate),
            ..self
        }
    }

    /// Sets the maximum number of bytes that wait to be sent on one connection. The default is 1 MiB.
    ///
    /// Each message counts as its length plus 64 bytes. Above the limit, queued events that declare
    /// `when_slow = "drop_oldest"` are dropped to make room, the oldest first. If that is not enough, the connection is
    /// closed with 4008.
    pub fn with_outbox_bytes(self, outbox: usize) -> Self {
        Self { outbox, ..self }
    }

    /// Sets the maximum number of bytes that wait to be sent on all connections of this server together. The default is
    /// 1 GiB.
    ///
    /// Only connections whose clients are not reading, or are being sent what they missed, are counted. An event that
    /// waits on many connections counts on each of them. Above the limit, connections that have more than their share
    /// waiting are closed with 4008. The share is the limit divided by the number of connections that have something
    /// waiting. A connection below its share may still grow up to it, so up to twice the limit may be in use for the
    /// moment that it takes to close the others.
    ///
    /// What a client missed in a channel is read in pages of at most 1 MiB, and the page that it is being sent counts,
    /// too. If too much waits on all connections, a page that exceeds a share is dropped, and read again once its
    /// client has taken what it was sent before; no connection is closed for that. Meanwhile, at most 64 KiB of the new
    /// messages in that channel are held for the client, and the rest is read from the channel's log. What the log does
    /// not have, such as events sent with [`broadcast_local`](crate::Channel::broadcast_local), is held within the
    /// limit of an [outbox](Self::with_outbox_bytes).
    pub fn with_total_outbox_bytes(self, outboxes: usize) -> Self {
        Self { outboxes, ..self }
    }

    /// Sets the maximum number of requests of one connection that are handled at the same time. The default is 32.
    ///
    /// A request above the limit is answered with `ws.too_many_requests`. A cancelled request counts until its handler
    /// has been dropped.
    pub fn with_concurrent_requests(self, requests: usize) -> Self {
        Self { requests, ..self }
    }

    /// Sets the maximum number of requests that one connection can cancel per minute. The default is 600.
    ///
    /// A `cancel` above the limit is ignored: the handler runs to its end, and counts towards
    /// [`with_concurrent_requests`](Self::with_concurrent_requests) until then. Without this limit, a client that cancels what it has just
    /// requested could start any number of handlers (as in CVE-2023-44487, the "rapid reset" of HTTP/2). A client that
    /// cancels on every keystroke stays below the default.
    pub fn with_cancels_per_minute(self, cancels: u32) -> Self {
        Self { cancels, ..self }
    }

    /// Sets the maximum number of events of one connection that wait behind the one being handled. The default is 256.
    ///
    /// An event above the limit is not handled, and is answered with `ws.too_many_requests`. An event that arrives
    /// while none is being handled does not wait, so it is accepted even if the limit is 0. In a burst of more events,
    /// those above the limit are lost, although `send` of the generated client has succeeded. The client reports each of
    /// them to `onError`, with a message that says what this limit and the one in bytes are.
    ///
    /// The same number of messages can wait for [`on_connected`](crate::handler::HandlersBuilder::on_connected) to
    /// return. Once a client has sent more than that, nothing more is read from it until the hook returns.
    pub fn with_queued_events(self, unhandled: usize) -> Self {
        Self { unhandled, ..self }
    }

    /// Sets the maximum number of bytes of the events of one connection that wait behind the one being handled. The
    /// default is 256 KiB.
    ///
    /// An event above the limit is not handled, and is answered with `ws.too_many_requests`. An event that is longer
    /// than the limit is therefore handled only if it arrives while no other event is being handled: when you raise
    /// [`with_message_bytes`](Self::with_message_bytes), raise this limit too.
    ///
    /// The limit also applies to the messages that wait for
    /// [`on_connected`](crate::handler::HandlersBuilder::on_connected) to return, as
    /// [`with_queued_events`](Self::with_queued_events) does.
    pub fn with_queued_event_bytes(self, unhandled_bytes: usize) -> Self {
        Self {
            unhandled_bytes,
            ..self
        }
    }

    /// Sets the maximum number of messages of one connection that are refused within a minute. The default is 100.
    ///
    /// One more closes the connection with 4504, after which the client does not reconnect by itself. Messages that are
    /// refused because they come too fast do not count. Nor do events and payloads that this server does not know, if
    /// the client was generated from another contract, as happens with pages loaded before or after a release.
    pub fn with_errors_per_minute(self, errors: u32) -> Self {
        Self { errors, ..self }
    }

    /// Sets the maximum number of channels that one client is registered in. The default is 64.
    ///
    /// Registering the client in one more returns a [`RegisterError`](crate::RegisterError).
    ///
    /// A client that reconnects sends its positions in its channels in its first message, which has the same [maximum
    /// size](Self::with_message_bytes) as any other; it is sent what it missed in the channels whose positions fit. A
    /// position takes the length of the channel's name plus 28 bytes, sometimes 46; about 200 bytes and the token come
    /// first. The default of 64 KiB is enough for about 1,000 channels with names of 36 bytes, or 200 with the longest
    /// names. The generated client remembers 10,000 channels. It offers the ones that it heard from most recently, and
    /// reports a gap in each of the others to its application.
    ///
    /// The server keeps at most four times as many of these positions as this limit, 256 by default, until the client
    /// is registered in their channels. If the client sent more, or some that cannot be read, the server tells it that
    /// there is a gap in every other channel.
    pub fn with_channels_per_client(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// Sets the maximum length of a user id, and of the name of a channel that clients are registered in, in bytes. The
    /// default is 256.
    ///
    /// The limit is capped at 65,535 for a user id, and at [256 for a channel](crate::Cluster::channel). A longer id or
    /// name returns a [`RegisterError`](crate::RegisterError).
    pub fn with_name_bytes(self, name: usize) -> Self {
        Self {
            name: name.min(LONGEST_NAME),
            ..self
        }
    }

    /// Sets the maximum number of connections of this server, until their sockets are closed. The default is 100,000.
    ///
    /// One more is refused with HTTP status 503, and [logged](crate::WsUpgrade::accept).
    pub fn with_connections(self, connections: usize) -> Self {
        Self {
            // More could not be counted.
            connections: connections.min(tokio::sync::Semaphore::MAX_PERMITS),
            ..self
        }
    }

    /// Sets the maximum number of connections of this server from one address (for IPv6, from one /64 network). The
    /// default is no limit, because behind a proxy all connections come from the same address.
    ///
    /// One more is refused with HTTP status 429, and [logged](crate::WsUpgrade::accept). If the address becomes known
    /// only with the socket, the connection is closed with 1013 instead.
    ///
    /// The address is the one given to [`WsUpgrade::with_client_address`](crate::WsUpgrade::with_client_address), or
    /// else that of axum's `ConnectInfo`, or else that of the socket. If none of them is available, as below a custom
    /// TLS listener that is served without `into_make_service_with_connect_info::<SocketAddr>()`, no connection is
    /// refused because of its address, and the server logs a `WARN` once to say so.
    pub fn with_connections_per_address(self, connections: usize) -> Self {
        Self {
            connections_per_address: Some(connections),
            ..self
        }
    }

    /// Sets how long a session client may take to send its `hello`. The default is 10 s.
    ///
    /// After that, the connection is closed with 4504. Everything before the upgrade is HTTP, and has the limits of the
    /// HTTP server: `axum::serve` waits for the head of a request as long as the client likes, unless something in
    /// front of it, such as a proxy, does not.
    pub fn with_handshake_timeout(self, handshake: Duration) -> Self {
        Self {
            handshake: bounded(handshake),
            ..self
        }
    }

    /// Sets how long a handler or a hook may take. The default is 30 s.
    ///
    /// After that it is dropped, and the client is sent `ws.timeout`.
    pub fn with_handler_timeout(self, handler: Duration) -> Self {
        Self {
            handler: bounded(handler),
            ..self
        }
    }

    /// Sets the time between two pings. The default is 25 s.
    ///
    /// The first ping is sent after a random part of this time.
    pub fn with_ping_interval(self, ping: Duration) -> Self {
        Self {
            ping: bounded(ping),
            ..self
        }
    }

    /// Sets how long a client may take to show a sign of life after a ping. The default is 10 s.
    ///
    /// An answer counts, and so does any other message. After that, the connection is closed with 4012. A client that
    /// is gone is therefore noticed within [`with_ping_interval`](Self::with_ping_interval) plus this time.
    pub fn with_pong_timeout(self, pong: Duration) -> Self {
        Self {
            pong: bounded(pong),
            ..self
        }
    }

    /// Sets how long a client may go without reading anything of what is sent to it. The default is 30 s.
    ///
    /// After that, the connection is closed with 4008.
    pub fn with_write_timeout(self, write: Duration) -> Self {
        Self {
            write: bounded(write),
            ..self
        }
    }

    /// Sets how long closing a connection may take. The default is 5 s.
    ///
    /// When the server closes the connection, this is the time that the client has to read what was sent before and to
    /// answer the close. When the client closes it, this is the time that the handlers of the events received before
    /// have to finish. After that, the connection is dropped, along with whatever the client has not read, however much
    /// it has read meanwhile.
    pub fn with_close_timeout(self, close: Duration) -> Self {
        Self {
            close: bounded(close),
            ..self
        }
    }

    /// Sets the time over which session clients spread their reconnections. The default is 5 s.
    ///
    /// It applies after a shutdown, and after [`Channel::disconnect`](crate::Channel::disconnect) with a code after
    /// which clients reconnect. The clients of a single user who is disconnected reconnect immediately.
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
