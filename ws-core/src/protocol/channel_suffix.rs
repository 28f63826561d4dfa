//! What makes an event one of a channel: its name and the position, written behind what was encoded before.

use serde::Serialize;

use super::encoded::{LONGEST_HEADER, write_text};
use super::outgoing::own;
use super::position::LONGEST_POSITION;
use super::sheet::{Draft, Span};
use super::{Encoded, Seen, Text};

/// What is written behind a position.
const END: &[u8] = b"\"}";

/// The end of each event of a channel, up to the position.
#[derive(Debug)]
pub(crate) struct ChannelSuffix(Vec<u8>);

impl ChannelSuffix {
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

    /// The event with its channel and position, or as it is without a position.
    pub(crate) fn write(&self, event: &Text, seen: impl Into<Option<Seen>>) -> Encoded {
        let mut frame = Vec::with_capacity(self.most_bytes(event));
        let header = self.join(event, seen.into(), |parts| write_text(parts, &mut frame));
        Encoded::written(frame.into(), header, event.when_slow())
    }

    /// Writes the same behind other messages of a draft.
    pub(crate) fn write_behind(&self, draft: &mut Draft, event: &Text, seen: Option<Seen>) -> Span {
        self.join(event, seen, |parts| draft.write(parts))
    }

    /// The most bytes that an event takes with its channel and position.
    pub(crate) fn most_bytes(&self, event: &Text) -> usize {
        LONGEST_HEADER + event.len() + self.0.len() + LONGEST_POSITION + END.len()
    }

    /// Writes the parts of an event: with its channel and position, or as it is.
    fn join<T>(&self, event: &Text, seen: Option<Seen>, write: impl FnOnce(&[&[u8]]) -> T) -> T {
        let text = event.as_bytes();
        let Some(seen) = seen else {
            return write(&[text]);
        };
        let members = text.strip_suffix(b"}").unwrap_or(text);
        let mut position = [0; LONGEST_POSITION];
        let position = seen.write(&mut position).as_bytes();
        write(&[members, &self.0, position, END])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::WhenSlow;
    use crate::protocol::{Early, Position};

    fn seen(seq: u64) -> Seen {
        let at = Position { seq, mark: 1 };
        Seen::from(at)
    }

    #[test]
    fn the_channel_and_the_position_are_written_behind_the_event() {
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
                ChannelSuffix::of("a \"room\"").write(&event, seen).as_str(),
                format!(r#"{{"event":"said","data":{{}},"channel":"a \"room\"","pos":"{pos}"}}"#)
            );
        }
    }

    #[test]
    fn messages_on_a_sheet_are_the_same_as_those_that_stand_alone() {
        let suffix = ChannelSuffix::of("room");
        let mut draft = Draft::new(0, WhenSlow::Disconnect);
        let (mut spans, mut alone) = (Vec::new(), Vec::new());
        for length in [0, 100, 1_000, 100_000, 10] {
            let event = format!(r#"{{"event":"said","data":"{}"}}"#, "x".repeat(length));
            let event = Text::from(event);
            for seen in [Some(seen(1)), None] {
                spans.push(suffix.write_behind(&mut draft, &event, seen));
                alone.push(suffix.write(&event, seen));
            }
            assert_eq!(
                alone.last(),
                Some(&Encoded::from(event.as_str().to_owned()))
            );
        }
        let sheet = draft.finish();
        let messages = spans.into_iter().map(|span| sheet.message(span));
        assert_eq!(messages.collect::<Vec<_>>(), alone);
        let whole = sheet.whole();
        let bytes = alone.iter().map(Encoded::len).sum();
        assert_eq!((whole.messages(), whole.payload()), (alone.len(), bytes));
        assert_eq!(whole.split(), alone);
    }
}
