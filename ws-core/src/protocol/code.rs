//! Error codes that a peer is told.

use std::fmt;

/// The error codes of the library that are sent to peers.
///
/// A peer is also told why its message was refused: for a payload, that is the message of serde or of the violated
/// limit. What a handler fails with is only reported to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The message is not JSON or not an object, or has no known member or a repeated one, or its `id` is missing, out
    /// of range or already in use.
    InvalidMessage,
    /// The contract has no such event.
    UnknownEvent,
    /// Only the server sends this event.
    WrongDirection,
    /// `data` does not match the type of the event, or violates its limits.
    InvalidPayload,
    /// The reply exceeds what may wait for the client.
    TooLarge,
    /// The connection has too many requests in progress, or too many events that have not been handled yet.
    TooManyRequests,
    /// The event was sent more often than it may be.
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

    /// Returns the code on the wire.
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
