//! Error types, one per operation.

mod client;
mod handler;
mod refused;

pub use client::{ClientError, ClientErrorKind};
pub use handler::HandlerError;
pub(crate) use refused::Refused;

pub use crate::event::Violation;

/// The reason why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The connection is closing or closed.
    #[error("the connection is closed")]
    Closed,
    /// The client reads too slowly: its connection is being closed with 4008.
    #[error("the client reads too slowly, and its connection is closed")]
    Full,
    /// The message alone is longer than what may be sent to a client or in a channel.
    #[error("the message is {length} bytes long, but at most {limit} may be sent")]
    TooLarge {
        /// The length of the message, in bytes.
        length: usize,
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The channel's name is empty or too long: see [`Cluster::channel`](crate::Cluster::channel).
    #[error("a channel name must have 1 to {limit} bytes, but this one has {length}")]
    ChannelName {
        /// The length of the name, in bytes.
        length: usize,
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The payload does not serialize.
    #[error("the event `{event}` cannot be serialized: {message}")]
    Encode {
        /// The event's name.
        event: &'static str,
        /// The error message from serde.
        message: String,
    },
    /// The cluster does not accept more at the moment: the messages that are not delivered yet have reached their
    /// limit.
    #[error("the cluster cannot keep up")]
    Backpressure,
    /// This node has left the cluster, or is leaving it: see [`Cluster::close`](crate::Cluster::close).
    #[error("this node has left the cluster")]
    Left,
}

/// The reason why an operation of the cluster failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// What connects the nodes cannot be used as it is configured. Retrying is of no use.
    #[error("the cluster cannot be used: {0}")]
    Configuration(String),
    /// What connects the nodes cannot be reached, or does not answer.
    #[error("the cluster is unavailable: {0}")]
    Unavailable(String),
    /// This node has left the cluster, or is leaving it: see [`Cluster::close`](crate::Cluster::close).
    #[error("this node has left the cluster")]
    Left,
    /// The channel's name is empty or too long: see [`Cluster::channel`](crate::Cluster::channel).
    #[error("a channel name must have 1 to {limit} bytes, but this one has {length}")]
    ChannelName {
        /// The length of the name, in bytes.
        length: usize,
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The messages that are not delivered yet have reached their limit.
    #[error("the cluster cannot keep up")]
    Backpressure,
}

/// The reason why a client was not registered in a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The connection has ended.
    #[error("the connection is closed")]
    Closed,
    /// The client is already registered in as many channels as it may be: see
    /// [`Limits::with_channels_per_client`](crate::Limits::with_channels_per_client).
    #[error("the client is in too many channels")]
    TooManyChannels,
    /// The channel's name is empty or too long: see [`Cluster::channel`](crate::Cluster::channel), and
    /// [`Limits::with_name_bytes`](crate::Limits::with_name_bytes).
    #[error("a channel name must have 1 to {limit} bytes, but this one has {length}")]
    ChannelName {
        /// The length of the name, in bytes.
        length: usize,
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The user id is empty or too long: see [`Limits::with_name_bytes`](crate::Limits::with_name_bytes).
    #[error("a user id must have 1 to {limit} bytes, but this one has {length}")]
    UserId {
        /// The length of the id, in bytes.
        length: usize,
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The client is already registered in this channel, as another user.
    #[error("the client is already registered as another user")]
    OtherUser,
    /// The cluster could not confirm the registration.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}
