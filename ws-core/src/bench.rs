//! What `benches` measures. Only present with the feature `bench`, not a public interface, and free to change in any
//! release.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::handler;
use crate::protocol::{self, ChannelSuffix, Encoded, Incoming, Position, Seen};
pub use crate::server::Socketless;

/// The length of an event's payload, whose envelope is read as that of every message is: first by its usual form.
pub fn envelope(text: &str) -> Option<usize> {
    match Incoming::guess(text).map_or_else(|| Incoming::parse(text).ok(), Some)? {
        Incoming::Event { data, .. } => Some(data.len()),
        _ => None,
    }
}

/// A payload, which is an object without declared limits.
pub fn decode<P: DeserializeOwned>(data: &str) -> Option<P> {
    handler::decode(data, true, |_| None).ok()
}

/// An event, as it is written once for all who receive it.
pub fn encode<P: Serialize>(event: &str, payload: &P) -> Option<Encoded> {
    protocol::event(event, payload).ok()
}

/// An event with its channel and position, as it is written once for all members on a node.
pub fn positioned(event: &Encoded, channel: &str) -> Encoded {
    let at = Position { seq: 1, mark: 1 };
    ChannelSuffix::of(channel).write(&event.clone().into_text(), Seen::from(at))
}
