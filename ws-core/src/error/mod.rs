//! What can fail, one type per operation.

mod client;
mod handler;
mod refused;

pub use client::{ClientError, ClientErrorKind};
pub use handler::HandlerError;
pub(crate) use refused::Refused;

pub use crate::event::Violation;

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
