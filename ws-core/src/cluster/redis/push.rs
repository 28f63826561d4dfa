//! What is published on the topic of a channel.
//!
//! ```text
//! position SP frame    a frame of the log
//! position             the same in two pushes, where the frame is long: joining them costs Redis more than pushing twice
//! frame
//! '+' version SP frame comings and goings, and how many changes there were with them
//! '-' SP frame         messages past the log
//! ```

use bytes::Bytes;

use super::frame::{self, Contents};
use super::lease::NodeName;
use super::log;
use super::reply;
use crate::cluster::{Enrolment, Frame, Message};
use crate::protocol::Position;

/// One push.
#[derive(Debug)]
pub(super) enum Push {
    Frame(Frame),
    /// The position of the frame that is pushed next.
    Announced(Position),
    /// Messages past the log.
    Past {
        /// Who has sent them.
        node: Option<NodeName>,
        mark: Option<u64>,
        messages: Vec<Message>,
    },
    Enrolled {
        version: u64,
        node: NodeName,
        enrolments: Vec<Enrolment>,
    },
    /// Somebody came or left. Who, only a later version could read.
    EnrolledSomehow,
}

impl Push {
    /// Reads a push, where the one before it announced a position. `None` where it says nothing.
    pub(super) fn read(payload: &Bytes, announced: Option<Position>) -> Option<Self> {
        if payload.first().is_some_and(|first| *first < b' ') {
            let last = announced?;
            let contents = frame::decode(payload)?;
            // Pushes do not get lost one by one, but what every member is given is checked.
            let is_announced = contents.mark.is_none_or(|mark| mark == last.mark);
            return is_announced.then(|| Self::Frame(log::frame_with(last, Some(contents))));
        }
        let Some(space) = payload.iter().position(|byte| *byte == b' ') else {
            return Some(Self::Announced(reply::position(payload)?));
        };
        let contents = frame::decode(&payload.slice(space + 1..));
        Some(match payload.get(..space)? {
            [b'+', version @ ..] => Self::enrolled(version, contents),
            b"-" => {
                let contents = contents?;
                Self::Past {
                    node: contents.node,
                    mark: contents.mark,
                    messages: contents.messages,
                }
            }
            position => Self::Frame(log::frame_with(reply::position(position)?, contents)),
        })
    }

    fn enrolled(version: &[u8], contents: Option<Contents>) -> Self {
        let version = str::from_utf8(version).ok();
        let version = version.and_then(|text| text.parse().ok());
        match (version, contents) {
            (
                Some(version),
                Some(Contents {
                    node: Some(node),
                    enrolments,
                    ..
                }),
            ) => Self::Enrolled {
                version,
                node,
                enrolments,
            },
            _ => Self::EnrolledSomehow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Target;
    use crate::protocol::Text;

    const AT: Position = Position { seq: 7, mark: 3 };

    fn frame(mark: u64) -> Vec<u8> {
        let node = NodeName {
            id: 1,
            incarnation: 1,
        };
        let message = Message::Event {
            target: Target::All,
            event: Text::from("{}".to_owned()),
        };
        let mut frame = frame::encode_messages(node, &[message]);
        frame::set_mark(&mut frame, mark);
        frame
    }

    fn position(payload: &[u8], announced: Option<Position>) -> Option<Position> {
        match Push::read(&Bytes::copy_from_slice(payload), announced)? {
            Push::Frame(frame) => {
                assert_eq!(frame.messages.len(), 1);
                frame.last
            }
            _ => None,
        }
    }

    #[test]
    fn a_frame_has_the_position_that_came_with_it_or_was_announced() {
        assert_eq!(position(&[b"7-3 ", &*frame(3)].concat(), None), Some(AT));
        let announcement = Push::read(&Bytes::from_static(b"7-3"), None);
        assert!(matches!(announcement, Some(Push::Announced(AT))));
        assert_eq!(position(&frame(3), Some(AT)), Some(AT));
        // A frame of a later version, of which only the length is known.
        assert_eq!(position(&[2, 0, 1, 0], Some(AT)), Some(AT));
    }

    #[test]
    fn a_frame_is_not_taken_for_another_than_was_announced() {
        assert_eq!(position(&frame(3), None), None);
        assert_eq!(position(&frame(4), Some(AT)), None);
    }

    #[test]
    fn what_is_no_push_says_nothing() {
        for payload in [&b""[..], b" ", b"7", b"7-3-", b"- ", b"x y", b"\x01"] {
            assert_eq!(position(payload, Some(AT)), None);
        }
    }
}
