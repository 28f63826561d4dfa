//! Messages to a client, each encoded once and shared by all that receive it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Error;
use tungstenite::Utf8Bytes;

use super::{Close, ErrorCode, Position, RequestId};

/// A complete message, cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded(Utf8Bytes);

impl Encoded {
    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> Utf8Bytes {
        self.0
    }
}

impl From<String> for Encoded {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// An event.
pub(crate) fn event<P: Serialize>(name: &str, data: &P) -> Result<Encoded, Error> {
    #[derive(Serialize)]
    struct Event<'a, P> {
        event: &'a str,
        data: &'a P,
    }
    encode(&Event { event: name, data })
}

/// The same event with its place in a channel, which is written behind what was encoded before.
pub(crate) fn positioned(event: &Encoded, channel: &str, pos: Position) -> Encoded {
    #[derive(Serialize)]
    struct Place<'a> {
        channel: &'a str,
        pos: Position,
    }
    let place = own(&Place { channel, pos });
    let event = event.as_str();
    let event = event.strip_suffix('}').unwrap_or(event);
    let place = place.as_str();
    let place = place.strip_prefix('{').unwrap_or(place);
    Encoded::from([event, ",", place].concat())
}

/// The answer to a request.
pub(crate) fn reply<R: Serialize>(id: RequestId, data: &R) -> Result<Encoded, Error> {
    #[derive(Serialize)]
    struct Reply<'a, R> {
        id: RequestId,
        data: &'a R,
    }
    encode(&Reply { id, data })
}

/// The declared error of a request.
pub(crate) fn error_reply<E: Serialize>(id: RequestId, error: &E) -> Result<Encoded, Error> {
    #[derive(Serialize)]
    struct ErrorReply<'a, E> {
        id: RequestId,
        error: &'a E,
    }
    encode(&ErrorReply { id, error })
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

/// What the server makes of the client's contract.
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

/// The client was registered in a channel that keeps history.
pub(crate) fn joined(channel: &str, pos: Position, resumed: bool) -> Encoded {
    #[derive(Serialize)]
    struct Outer<'a> {
        joined: Joined<'a>,
    }
    #[derive(Serialize)]
    struct Joined<'a> {
        channel: &'a str,
        pos: Position,
        resumed: bool,
    }
    own(&Outer {
        joined: Joined {
            channel,
            pos,
            resumed,
        },
    })
}

/// Events of a channel are missing, and cannot be recovered.
pub(crate) fn gap(channel: &str, why: &str, pos: Position) -> Encoded {
    #[derive(Serialize)]
    struct Outer<'a> {
        gap: Gap<'a>,
    }
    #[derive(Serialize)]
    struct Gap<'a> {
        channel: &'a str,
        why: &'a str,
        pos: Position,
    }
    own(&Outer {
        gap: Gap { channel, why, pos },
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
    Encoded(Utf8Bytes::from_static("{}"))
}

fn encode<T: Serialize>(message: &T) -> Result<Encoded, Error> {
    serde_json::to_string(message).map(Encoded::from)
}

/// Encodes a message of the protocol's own.
#[expect(
    clippy::expect_used,
    reason = "serde_json fails only on maps with other keys than texts, and these have none"
)]
fn own<T: Serialize>(message: &T) -> Encoded {
    encode(message).expect("texts and numbers serialize")
}
