//! What can fail, one type per operation.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use crate::protocol::{Close, ErrorCode};

/// What a handler failed with: any error, made opaque.
///
/// It goes to [`on_error`](crate::handler::HandlersBuilder::on_error) and to the log. The peer of a request is told `ws.internal`, and
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

    /// Whether a registration was refused for a name, which it always will be.
    pub(crate) fn is_of_a_name(&self) -> bool {
        let first: &(dyn Error + 'static) = &*self.0;
        let mut causes = std::iter::successors(Some(first), |error| (*error).source());
        causes.any(|error| {
            matches!(
                error.downcast_ref(),
                Some(RegisterError::UserId { .. } | RegisterError::ChannelName { .. })
            )
        })
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

impl Violation {
    /// A violation at the place that these names and indices lead to.
    pub(crate) fn at(
        segments: impl IntoIterator<Item: AsRef<str>>,
        message: impl Into<String>,
    ) -> Self {
        let mut pointer = String::new();
        for segment in segments {
            pointer.push('/');
            pointer.push_str(&segment.as_ref().replace('~', "~0").replace('/', "~1"));
        }
        Self {
            pointer,
            message: message.into(),
        }
    }

    /// The names and indices that lead to the place.
    pub(crate) fn segments(&self) -> impl Iterator<Item = String> + '_ {
        let segments = self.pointer.split('/').skip(1);
        segments.map(|segment| segment.replace("~1", "/").replace("~0", "~"))
    }
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
    /// The message alone is longer than what may be sent to a client, or in a channel.
    #[error("the message has {length} bytes, and at most {limit} are sent at once")]
    TooLarge {
        /// Its length in bytes.
        length: usize,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// The channel's name is empty, or longer than its bound: see [`Cluster::channel`](crate::Cluster::channel).
    #[error("a channel's name has 1 to {limit} bytes, and this one has {length}")]
    ChannelName {
        /// Its length in bytes.
        length: usize,
        /// The most bytes that it may have.
        limit: usize,
    },
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
    /// This node has left the cluster, or is about to: see [`Cluster::close`](crate::Cluster::close).
    #[error("this node has left the cluster")]
    Left,
}

/// What the cluster could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// What connects the nodes cannot be used as it is configured: trying again is of no use.
    #[error("the cluster cannot be used: {0}")]
    Configuration(String),
    /// What connects the nodes cannot be reached, or does not answer.
    #[error("the cluster is not available: {0}")]
    Unavailable(String),
    /// This node has left the cluster, or is about to: see [`Cluster::close`](crate::Cluster::close).
    #[error("this node has left the cluster")]
    Left,
    /// The channel's name is empty, or longer than its bound: see [`Cluster::channel`](crate::Cluster::channel).
    #[error("a channel's name has 1 to {limit} bytes, and this one has {length}")]
    ChannelName {
        /// Its length in bytes.
        length: usize,
        /// The most bytes that it may have.
        limit: usize,
    },
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
    /// The channel's name is empty, or longer than its bound.
    #[error("a channel's name has 1 to {limit} bytes, and this one has {length}")]
    ChannelName {
        /// Its length in bytes.
        length: usize,
        /// The most bytes that it may have.
        limit: usize,
    },
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

/// Something that went wrong on a connection: what [`on_error`](crate::handler::HandlersBuilder::on_error) is called with.
#[derive(Debug)]
pub struct ClientError {
    kind: ClientErrorKind,
    event: Option<String>,
    message: String,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientErrorKind {
    /// The client sent what it should not have, and was told so with this code.
    #[error("the client was answered {code}: {detail}")]
    Refused {
        /// The code that the client was told.
        code: ErrorCode,
        /// What was wrong.
        detail: String,
    },
    /// The client broke the WebSocket protocol or one of its bounds, and its connection is closed with this code.
    #[error("the connection is closed with {0}")]
    Closed(Close),
    /// A handler, or the hook of a new connection, failed.
    #[error("the handler failed: {0}")]
    Failed(HandlerError),
    /// A handler or a hook panicked, with this message.
    #[error("the handler panicked: {0}")]
    Panicked(String),
    /// A handler or a hook did not finish in time, and was dropped.
    #[error("the handler did not finish in time")]
    TimedOut,
    /// The reply or the declared error of a request does not serialize.
    #[error("the answer does not serialize: {0}")]
    NotEncoded(String),
    /// The reply or the declared error of a request was not sent.
    #[error("the answer was not sent: {0}")]
    NotSent(SendError),
}

impl ClientErrorKind {
    /// Whether the server has not done what it should, rather than the client.
    pub(crate) fn is_fault_of_server(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Closed(_) => false,
            Self::Failed(_)
            | Self::Panicked(_)
            | Self::TimedOut
            | Self::NotEncoded(_)
            | Self::NotSent(_) => true,
        }
    }
}

impl ClientError {
    /// The most bytes that are kept of the message that caused an error.
    pub const LONGEST_MESSAGE: usize = 1024;

    pub(crate) fn new(kind: ClientErrorKind, event: Option<&str>, message: &str) -> Self {
        let message = &message[..message.floor_char_boundary(Self::LONGEST_MESSAGE)];
        Self {
            kind,
            event: event.map(str::to_owned),
            message: message.to_owned(),
        }
    }

    /// What went wrong.
    pub fn kind(&self) -> &ClientErrorKind {
        &self.kind
    }

    /// The event's name, where one is known. A name that the client made up is among them.
    pub fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// The message that caused the error, cut after [`LONGEST_MESSAGE`](Self::LONGEST_MESSAGE) bytes. Empty where there was
    /// none, or where it was not a text.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.event {
            Some(event) => write!(f, "{event}: {}", self.kind),
            None => fmt::Display::fmt(&self.kind, f),
        }
    }
}

impl Error for ClientError {}
