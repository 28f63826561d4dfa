//! Error codes that a peer is told.

use std::fmt;

/// The errors of the library that a peer is told. What a message is refused for is told with them: of a payload, that is what serde
/// or its limits say. What a handler failed with is for the log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// Not JSON, not an object, no known member, a repeated one; an `id` that is missing, out of range or in use.
    InvalidMessage,
    /// The contract has no such event.
    UnknownEvent,
    /// Only the server sends this event.
    WrongDirection,
    /// `data` does not fit the event's type or its limits.
    InvalidPayload,
    /// A reply would exceed what may wait for the client.
    TooLarge,
    /// Too many requests, or events that are not handled yet, are open on this connection.
    TooManyRequests,
    /// The event comes more often than it may.
    RateLimited,
    /// The handler did not finish in time.
    Timeout,
    /// The handler failed.
    Internal,
}

impl ErrorCode {
    /// Every code.
    #[cfg(feature = "metrics")]
    pub(crate) const ALL: [Self; 9] = [
        Self::InvalidMessage,
        Self::UnknownEvent,
        Self::WrongDirection,
        Self::InvalidPayload,
        Self::TooLarge,
        Self::TooManyRequests,
        Self::RateLimited,
        Self::Timeout,
        Self::Internal,
    ];

    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidMessage => "ws.invalid_message",
            Self::UnknownEvent => "ws.unknown_event",
            Self::WrongDirection => "ws.wrong_direction",
            Self::InvalidPayload => "ws.invalid_payload",
            Self::TooLarge => "ws.too_large",
            Self::TooManyRequests => "ws.too_many_requests",
            Self::RateLimited => "ws.rate_limited",
            Self::Timeout => "ws.timeout",
            Self::Internal => "ws.internal",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
