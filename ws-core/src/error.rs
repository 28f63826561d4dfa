//! What can fail, one type per operation.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// What a handler failed with: any error, made opaque.
///
/// It goes to [`on_error`](crate::Handlers::on_error) and to the log. The peer of a request is told `ws.internal`, and
/// nothing else: details of failures are not for peers. What a peer should know is a request's declared `error`.
///
/// Every type that implements [`Error`] converts into it, so that `?` works in handlers.
pub struct HandlerError(Box<dyn Error + Send + Sync>);

impl HandlerError {
    /// An error that is only a sentence.
    ///
    /// ```
    /// use ws_core::HandlerError;
    ///
    /// assert_eq!(HandlerError::new("the room is closed").to_string(), "the room is closed");
    /// ```
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into().into())
    }

    /// The error itself.
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A payload that does not fit its type, or breaks a limit that the type declares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at `{pointer}`")]
pub struct Violation {
    /// Where, as a JSON pointer (RFC 6901) into `data`; empty for the whole payload.
    pub pointer: String,
    /// What was expected.
    pub message: String,
}

/// A message that was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The connection is closing or closed.
    #[error("the connection is closed")]
    Closed,
    /// The client does not keep up: its connection is being closed with 4008.
    #[error("the client reads too slowly, and its connection is closed")]
    Full,
    /// The payload does not serialize.
    #[error("the event `{event}` does not serialize: {message}")]
    Encode {
        /// The event's name.
        event: &'static str,
        /// What serde says.
        message: String,
    },
    /// The cluster does not take more at the moment: what is not delivered yet has reached its bound.
    #[error("the cluster does not keep up")]
    Backpressure,
}

/// What the cluster could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// What connects the nodes cannot be reached, or does not answer.
    #[error("the cluster is not available: {0}")]
    Unavailable(String),
    /// What is not delivered yet has reached its bound.
    #[error("the cluster does not keep up")]
    Backpressure,
}

/// A client that was not registered in a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The connection has ended.
    #[error("the connection is closed")]
    Closed,
    /// The client is registered in as many channels as it may be.
    #[error("the client is in too many channels")]
    TooManyChannels,
    /// The user id is empty, or longer than its bound.
    #[error("a user id has 1 to {limit} bytes, and this one has {length}")]
    UserId {
        /// Its length in bytes.
        length: usize,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// The client is registered in this channel as another user.
    #[error("the client is registered as another user")]
    OtherUser,
    /// The cluster could not confirm the registration.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}
