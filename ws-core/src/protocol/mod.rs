//! The wire protocol `ws.v1.json`, as `schemas/protocol/v1.md` describes it. The only module that names wire keys.

mod channel_suffix;
mod close;
mod code;
mod connection_id;
mod encode;
mod encoded;
mod encoded_frames;
mod finite;
#[cfg(test)]
mod fuzz;
mod incoming;
mod outgoing;
mod position;
mod positions;
mod request_id;
mod sheet;
mod text;
#[cfg(test)]
mod vectors;

pub(crate) use channel_suffix::ChannelSuffix;
pub use close::{Close, CloseCode};
pub use code::ErrorCode;
pub(crate) use connection_id::ConnectionKey;
pub use connection_id::{ConnectionId, ConnectionIdError};
pub use encoded::Encoded;
pub(crate) use encoded_frames::EncodedFrames;
pub(crate) use incoming::{Hello, Incoming, Malformed};
pub(crate) use outgoing::{
    LibraryError, Verdict, Welcome, bye, error_reply, event, gap, joined, library_error, ping,
    ready, reply, welcome, with_event_text,
};
pub(crate) use position::{Early, Position, Seen};
pub(crate) use positions::Positions;
pub use request_id::RequestId;
pub(crate) use sheet::{Draft, Sheet, Span};
pub(crate) use text::{Lent, Text};

/// The subprotocol that a session client offers.
pub(crate) const SUBPROTOCOL: &str = "ws.v1.json";
