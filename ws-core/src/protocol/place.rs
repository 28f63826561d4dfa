//! Events with their places in a channel: the place is written behind what was encoded before.

use bytes::BytesMut;
use serde::Serialize;

use super::outgoing::own;
use super::position::LONGEST_POSITION;
use super::{Encoded, Seen, Text};

/// The most bytes that messages share. Who keeps one keeps all of them, so that more would save little and cost much.
const SHARED: usize = 4 * 1024;

/// What is written behind each event of a channel, up to the position.
#[derive(Debug)]
pub(crate) struct Place(Vec<u8>);

/// Writes messages for the members of a channel, several into memory that they share.
#[derive(Debug)]
pub(crate) struct Placing<'a> {
    place: &'a Place,
    buffer: BytesMut,
}

impl Place {
    pub(crate) fn of(channel: &str) -> Self {
        #[derive(Serialize)]
        struct Outer<'a> {
            channel: &'a str,
            pos: &'a str,
        }
        let members = own(&Outer { channel, pos: "" });
        // Up to where the position stands in its quotes, and behind the brace that opens the object.
        let members = members.payload();
        let members = members.get(1..members.len() - 2).unwrap_or_default();
        Self([b",", members].concat())
    }

    /// The same event with its place, where it has one. It shares its memory with no other.
    pub(crate) fn write(&self, event: &Text, seen: impl Into<Option<Seen>>) -> Encoded {
        self.sharing(0).write(event, seen)
    }

    /// Writes several, of this many bytes together.
    pub(crate) fn sharing(&self, bytes: usize) -> Placing<'_> {
        Placing {
            place: self,
            buffer: BytesMut::with_capacity(bytes.min(SHARED)),
        }
    }
}

impl Placing<'_> {
    /// The same event with its place, where it has one.
    pub(crate) fn write(&mut self, event: &Text, seen: impl Into<Option<Seen>>) -> Encoded {
        let text = event.as_bytes();
        let encoded = match seen.into() {
            None => Encoded::joined(&[text], &mut self.buffer),
            Some(seen) => {
                let members = text.strip_suffix(b"}").unwrap_or(text);
                let mut position = [0; LONGEST_POSITION];
                let position = seen.write(&mut position).as_bytes();
                Encoded::joined(
                    &[members, &self.place.0, position, b"\"}"],
                    &mut self.buffer,
                )
            }
        };
        encoded.with_when_slow(event.when_slow())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Early, Position};

    fn seen(seq: u64) -> Seen {
        let at = Position { seq, nonce: 1 };
        Seen::from(at)
    }

    #[test]
    fn a_place_is_written_behind_the_event() {
        let event = Text::from(r#"{"event":"said","data":{}}"#.to_owned());
        let early = Early {
            first: 2,
            count: 1,
            part: 1,
        };
        for (seen, pos) in [
            (seen(1), "AAAAAAAAAAEAAAAAAAAAAQ"),
            (
                Seen::early(seen(1).at, early),
                "AAAAAAAAAAEAAAAAAAAAAQAAAAAAAAACAAAAAQAB",
            ),
        ] {
            assert_eq!(
                Place::of("a \"room\"").write(&event, seen).as_str(),
                format!(r#"{{"event":"said","data":{{}},"channel":"a \"room\"","pos":"{pos}"}}"#)
            );
        }
    }

    #[test]
    fn messages_that_share_memory_are_the_same_as_those_that_do_not() {
        let place = Place::of("room");
        let mut sharing = place.sharing(usize::MAX);
        for length in [0, 100, 1_000, SHARED, 100_000, 10] {
            for seq in 0..10 {
                let event = format!(r#"{{"event":"said","data":"{}"}}"#, "x".repeat(length));
                let event = Text::from(event);
                assert_eq!(
                    sharing.write(&event, seen(seq)),
                    place.write(&event, seen(seq))
                );
                let bare = sharing.write(&event, None);
                assert_eq!(bare, Encoded::from(event.as_str().to_owned()));
            }
        }
    }
}
