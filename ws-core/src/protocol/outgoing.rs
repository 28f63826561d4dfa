//! Messages to a client, each encoded once and shared by all that receive it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Error;

use super::{Close, Encoded, ErrorCode, RequestId, Seen, encode};

#[derive(Serialize)]
struct Event<'a, P> {
    event: &'a str,
    data: &'a P,
}

/// An event.
pub(crate) fn event<P: Serialize>(name: &str, data: &P) -> Result<Encoded, Error> {
    Encoded::json(&Event { event: name, data })
}

/// The text of an event, lent to a closure that copies what it keeps.
pub(crate) fn with_event_text<P: Serialize, T>(
    name: &str,
    data: &P,
    take: impl FnOnce(&[u8]) -> T,
) -> Result<T, Error> {
    encode::lend(&Event { event: name, data }, take)
}

/// The answer to a request.
pub(crate) fn reply<R: Serialize>(id: RequestId, data: &R) -> Result<Encoded, Error> {
    #[derive(Serialize)]
    struct Reply<'a, R> {
        id: RequestId,
        data: &'a R,
    }
    Encoded::json(&Reply { id, data })
}

/// The declared error of a request.
pub(crate) fn error_reply<E: Serialize>(id: RequestId, error: &E) -> Result<Encoded, Error> {
    #[derive(Serialize)]
    struct ErrorReply<'a, E> {
        id: RequestId,
        error: &'a E,
    }
    Encoded::json(&ErrorReply { id, error })
}

/// What a peer is told of an error of the library.
#[derive(Debug)]
pub(crate) struct LibraryError<'a> {
    pub(crate) code: ErrorCode,
    pub(crate) event: Option<&'a str>,
    pub(crate) path: Option<&'a str>,
    pub(crate) message: Option<&'a str>,
}

/// An error of the library, in answer to a request where `id` is given.
pub(crate) fn library_error(id: Option<RequestId>, error: &LibraryError<'_>) -> Encoded {
    #[derive(Serialize)]
    struct Outer<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        error: Inner<'a>,
    }
    #[derive(Serialize)]
    struct Inner<'a> {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        event: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
    }
    let LibraryError {
        code,
        event,
        path,
        message,
    } = *error;
    own(&Outer {
        id,
        error: Inner {
            code: code.as_str(),
            event,
            path,
            message,
        },
    })
}

/// How the client's contract compares with the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Same,
    Unknown,
}

/// The answer to `hello`.
#[derive(Debug, Serialize)]
pub(crate) struct Welcome<'a> {
    pub(crate) connection: &'a str,
    pub(crate) contract: Verdict,
    /// Milliseconds between two pings.
    pub(crate) ping: u64,
    /// The longest message that the server accepts, in bytes.
    pub(crate) max: usize,
}

pub(crate) fn welcome(welcome: &Welcome<'_>) -> Encoded {
    #[derive(Serialize)]
    struct Outer<'a> {
        welcome: &'a Welcome<'a>,
    }
    own(&Outer { welcome })
}

/// The application has accepted the client.
pub(crate) fn ready() -> Encoded {
    #[derive(Serialize)]
    struct Outer {
        ready: Nothing,
    }
    #[derive(Serialize)]
    struct Nothing {}
    own(&Outer { ready: Nothing {} })
}

/// The client was registered in a channel that keeps history.
pub(crate) fn joined(channel: &str, pos: impl Into<Seen>, resumed: bool) -> Encoded {
    #[derive(Serialize)]
    struct Outer<'a> {
        joined: Joined<'a>,
    }
    #[derive(Serialize)]
    struct Joined<'a> {
        channel: &'a str,
        pos: Seen,
        resumed: bool,
    }
    own(&Outer {
        joined: Joined {
            channel,
            pos: pos.into(),
            resumed,
        },
    })
}

/// Events of a channel are missing, and cannot be recovered.
pub(crate) fn gap(channel: &str, why: &str, pos: impl Into<Seen>) -> Encoded {
    #[derive(Serialize)]
    struct Outer<'a> {
        gap: Gap<'a>,
    }
    #[derive(Serialize)]
    struct Gap<'a> {
        channel: &'a str,
        why: &'a str,
        pos: Seen,
    }
    own(&Outer {
        gap: Gap {
            channel,
            why,
            pos: pos.into(),
        },
    })
}

/// Announces a close. `spread` is the time over which clients spread their reconnection.
pub(crate) fn bye(close: &Close, spread: Duration) -> Encoded {
    #[derive(Serialize)]
    struct Outer<'a> {
        bye: Bye<'a>,
    }
    #[derive(Serialize)]
    struct Bye<'a> {
        code: u16,
        reason: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reconnect_in: Option<[u64; 2]>,
    }
    let spread = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
    let reconnect_in = close.code().reconnects().then_some([0, spread]);
    own(&Outer {
        bye: Bye {
            code: close.code().number(),
            reason: close.reason(),
            reconnect_in,
        },
    })
}

/// A ping.
pub(crate) fn ping() -> Encoded {
    #[derive(Serialize)]
    struct Ping {}
    own(&Ping {})
}

/// Encodes a message of the protocol's own.
#[expect(
    clippy::expect_used,
    reason = "serde_json fails only on maps with other keys than texts, and these have none"
)]
pub(super) fn own<T: Serialize>(message: &T) -> Encoded {
    Encoded::json(message).expect("texts and numbers serialize")
}
