//! Messages to a client, each encoded once and shared by all that receive it.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::Error;
use serde_path_to_error::Segment;
use tungstenite::Utf8Bytes;

use super::{Close, ErrorCode, Position, RequestId, finite};
use crate::error::Violation;

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

/// Encodes a message. What cannot be encoded is looked at a second time, to say where in the payload the reason is.
fn encode<T: Serialize>(message: &T) -> Result<Encoded, Error> {
    let text = serde_json::to_string(message).map_err(|error| {
        let sink = &mut serde_json::Serializer::new(std::io::sink());
        match serde_path_to_error::serialize(message, sink) {
            Err(located) => at(located.path(), located.inner()),
            Ok(_) => error,
        }
    })?;
    // Where there is no `null`, no float was written as one.
    if text.contains("null") {
        finite::check(message).map_err(|error| at(error.path(), error.inner()))?;
    }
    Ok(Encoded::from(text))
}

/// What is wrong, and where in the payload: its own place in the message is left out.
fn at(path: &serde_path_to_error::Path, problem: &dyn fmt::Display) -> Error {
    let segments = path.iter().skip(1).filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    Error::custom(Violation::at(segments, problem.to_string()))
}

/// Encodes a message of the protocol's own.
#[expect(
    clippy::expect_used,
    reason = "serde_json fails only on maps with other keys than texts, and these have none"
)]
fn own<T: Serialize>(message: &T) -> Encoded {
    encode(message).expect("texts and numbers serialize")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Chart {
        title: Option<&'static str>,
        points: Vec<Point>,
    }

    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Point {
        At { x: f64 },
    }

    fn chart(x: f64) -> Result<Encoded, Error> {
        let points = vec![Point::At { x: 0.5 }, Point::At { x }];
        let title = None;
        event("charts.draw", &Chart { title, points })
    }

    #[test]
    fn a_float_that_json_cannot_say_is_refused_with_its_place() {
        assert!(chart(1.5).is_ok());
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = chart(x).unwrap_err();
            let expected = format!("{x} is not a number of JSON at `/points/1/x`");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn what_does_not_serialize_is_located() {
        #[derive(Serialize)]
        struct Outer {
            inner: std::cell::RefCell<u8>,
        }
        let outer = Outer { inner: 1.into() };
        let _borrowed = outer.inner.borrow_mut();
        let error = event("a.b", &outer).unwrap_err().to_string();
        assert_eq!(error, "already mutably borrowed at `/inner`");
    }
}
