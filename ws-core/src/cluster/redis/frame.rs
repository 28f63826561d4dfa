//! How messages stand in Redis: a frame is built once by the node that sends it, and nobody on the way looks inside.
//!
//! All numbers are little endian.
//!
//! ```text
//! frame     version u8 = 1 | 0 u8 | count u16 | node u64 | incarnation u32 | mark u64, then `count` messages
//! message   kind u8 | slow u8 | length of the head u16 | length of the body u32 | head | body
//!
//! kind  0   an event for all                                  body: the event as clients are sent it
//!       1   an event for all but one connection               head: the connection u64
//!       2   an event for one user                             head: the user
//!       3   the end of all connections                        head: the close code u16, body: the reason
//!       4   nothing: the first entry of a log
//!       5   a connection joined                               head: the connection u64, since when u64 in ms; body: the user
//!       6   a connection left                                 head: the connection u64
//!       7   a connection was replaced by a newer one          head: its key, two u64
//!       8   the end of the connections of one user            head: the user; body: the close code u16, then the reason
//!       9   the log has lost messages of the node that sends this; alone in its frame
//!
//! slow  0   a receiver that does not keep up is disconnected
//!       1   the oldest such events are dropped for it
//! ```
//!
//! The mark is that of the publication, which the log has in the id of its entry; 0 in a frame of comings and goings,
//! and of orders that are kept apart.
//!
//! The first four bytes are the same in every version, and there will be less than 32 versions. A node that does not know the
//! version of a frame, or the kind of a message, gives its members nothing for it, but keeps count.

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::lease::NodeName;
use crate::cluster::{Enrolment, Member, Message, Target};
use crate::event::WhenSlow;
use crate::protocol::{Close, CloseCode, ConnectionId, ConnectionKey, Text};

const VERSION: u8 = 1;

/// Where the mark stands.
const MARK: Range<usize> = 16..24;

/// What another node has told.
#[derive(Debug, Clone)]
pub(super) struct Contents {
    /// Who told it. `None` in a later version.
    pub(super) node: Option<NodeName>,
    /// The mark of the publication. `None` in a later version.
    pub(super) mark: Option<u64>,
    pub(super) messages: Vec<Message>,
    pub(super) enrolments: Vec<Enrolment>,
}

/// The bytes of a frame of messages.
pub(super) fn encode_messages(node: NodeName, messages: &[Message]) -> Vec<u8> {
    let size: usize = messages.iter().map(Message::size).sum();
    let mut frame = header(node, messages.len(), size);
    for message in messages {
        match message {
            Message::Event { target, event } => {
                let body = event.as_bytes();
                let slow = match event.when_slow() {
                    WhenSlow::Disconnect => 0,
                    WhenSlow::DropOldest => 1,
                };
                match target {
                    Target::All => push(&mut frame, [0, slow], &[], body),
                    Target::Others(sender) => {
                        push(&mut frame, [1, slow], &sender.number().to_le_bytes(), body);
                    }
                    Target::User(user) => push(&mut frame, [2, slow], user.as_bytes(), body),
                }
            }
            Message::Disconnect { user, close } => {
                let code = close.code().number().to_le_bytes();
                let reason = close.reason().as_bytes();
                match user {
                    None => push(&mut frame, [3, 0], &code, reason),
                    Some(user) => {
                        let body = [&code, reason].concat();
                        push(&mut frame, [8, 0], user.as_bytes(), &body);
                    }
                }
            }
            Message::Blank => push(&mut frame, [4, 0], &[], &[]),
            Message::Gap => push(&mut frame, [9, 0], &[], &[]),
        }
    }
    frame
}

/// The bytes of a frame of comings and goings.
pub(super) fn encode_enrolments(node: NodeName, enrolments: &[Enrolment]) -> Vec<u8> {
    let mut frame = header(node, enrolments.len(), 40 * enrolments.len());
    for enrolment in enrolments {
        match enrolment {
            Enrolment::Join(member) => {
                let (head, user) = encode_member(member);
                push(&mut frame, [5, 0], &head, user);
            }
            Enrolment::Leave(connection) => {
                push(&mut frame, [6, 0], &connection.number().to_le_bytes(), &[]);
            }
            Enrolment::Replace(key) => {
                let head = key.numbers().map(u64::to_le_bytes).concat();
                push(&mut frame, [7, 0], &head, &[]);
            }
        }
    }
    frame
}

/// Writes the mark of the publication into its frame.
pub(super) fn set_mark(frame: &mut [u8], mark: u64) {
    if let Some(place) = frame.get_mut(MARK) {
        place.copy_from_slice(&mark.to_le_bytes());
    }
}

/// Reads a frame. `None` where it is none.
/// The events share its memory.
pub(super) fn decode(frame: &Bytes) -> Option<Contents> {
    let (head, rest) = frame.split_at_checked(4)?;
    let count = u16::from_le_bytes([head[2], head[3]]);
    if head[0] != VERSION {
        return Some(Contents {
            node: None,
            mark: None,
            messages: vec![Message::Blank; usize::from(count)],
            enrolments: Vec::new(),
        });
    }
    let (node, rest) = take(rest, 12)?;
    let (mark, mut rest) = take(rest, MARK.len())?;
    let mut contents = Contents {
        node: Some(NodeName {
            id: u64::from_le_bytes(node[..8].try_into().ok()?),
            incarnation: u32::from_le_bytes(node[8..].try_into().ok()?),
        }),
        mark: Some(u64::from_le_bytes(mark.try_into().ok()?)),
        messages: Vec::with_capacity(usize::from(count)),
        enrolments: Vec::new(),
    };
    for _ in 0..count {
        let (lengths, behind) = take(rest, 8)?;
        let head = usize::from(u16::from_le_bytes([lengths[2], lengths[3]]));
        let body = u32::from_le_bytes(lengths[4..8].try_into().ok()?) as usize;
        let (head, behind) = take(behind, head)?;
        let (body, behind) = take(behind, body)?;
        rest = behind;
        match lengths[0] {
            5 => contents
                .enrolments
                .push(Enrolment::Join(decode_member(head, body)?)),
            6 => contents
                .enrolments
                .push(Enrolment::Leave(decode_connection(head)?)),
            7 => contents
                .enrolments
                .push(Enrolment::Replace(decode_key(head)?)),
            kind => contents
                .messages
                .push(decode_message(frame, [kind, lengths[1]], head, body)?),
        }
    }
    Some(contents)
}

fn decode_message(
    frame: &Bytes,
    [kind, slow]: [u8; 2],
    head: &[u8],
    body: &[u8],
) -> Option<Message> {
    let target = match kind {
        0 => Target::All,
        1 => Target::Others(decode_connection(head)?),
        2 => Target::User(std::str::from_utf8(head).ok()?.into()),
        3 => {
            let (user, close) = (None, decode_close(head, body)?);
            return Some(Message::Disconnect { user, close });
        }
        8 => {
            let user = Some(std::str::from_utf8(head).ok()?.into());
            let (code, reason) = take(body, 2)?;
            let close = decode_close(code, reason)?;
            return Some(Message::Disconnect { user, close });
        }
        9 => return Some(Message::Gap),
        _ => return Some(Message::Blank),
    };
    let when_slow = match slow {
        1 => WhenSlow::DropOldest,
        _ => WhenSlow::Disconnect,
    };
    let event = Text::of(frame.slice_ref(body), when_slow)?;
    Some(Message::Event { target, event })
}

/// A member as it stands in Redis, apart from its connection: since when, and who.
pub(super) fn member_value(member: &Member) -> Vec<u8> {
    let (head, user) = encode_member(member);
    [&head[8..], user].concat()
}

/// Reads a member from the field and the value under which it stands in Redis.
pub(super) fn member_of(field: &[u8], value: &[u8]) -> Option<Member> {
    let (since, user) = value.split_at_checked(8)?;
    let connection = std::str::from_utf8(field).ok()?;
    let connection = u64::from_str_radix(connection, 16).ok()?;
    decode_member(&[&connection.to_le_bytes(), since].concat(), user)
}

/// The field of a member in Redis.
pub(super) fn member_field(connection: ConnectionId) -> String {
    format!("{:x}", connection.number())
}

fn encode_member(member: &Member) -> ([u8; 16], &[u8]) {
    let since = member
        .since
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis() as u64;
    let mut head = [0; 16];
    head[..8].copy_from_slice(&member.connection.number().to_le_bytes());
    head[8..].copy_from_slice(&since.to_le_bytes());
    (head, member.user.as_bytes())
}

fn decode_member(head: &[u8], user: &[u8]) -> Option<Member> {
    let (connection, since) = head.split_at_checked(8)?;
    let since = u64::from_le_bytes(since.try_into().ok()?);
    Some(Member {
        user: std::str::from_utf8(user).ok()?.into(),
        connection: decode_connection(connection)?,
        since: UNIX_EPOCH
            .checked_add(Duration::from_millis(since))
            .unwrap_or_else(SystemTime::now),
    })
}

fn decode_close(code: &[u8], reason: &[u8]) -> Option<Close> {
    let code = CloseCode::received(u16::from_le_bytes(code.try_into().ok()?));
    let reason = std::str::from_utf8(reason).ok()?.to_owned();
    Some(Close::new(code, reason))
}

fn decode_connection(head: &[u8]) -> Option<ConnectionId> {
    let number = u64::from_le_bytes(head.try_into().ok()?);
    Some(ConnectionId::from_number(number))
}

fn decode_key(head: &[u8]) -> Option<ConnectionKey> {
    let (id, secret) = head.split_at_checked(8)?;
    let numbers = [id, secret].map(|number| Some(u64::from_le_bytes(number.try_into().ok()?)));
    Some(ConnectionKey::from_numbers([numbers[0]?, numbers[1]?]))
}

fn header(node: NodeName, count: usize, size: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(MARK.end + 8 * count + size);
    // Batches are bounded far below that.
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    frame.extend([VERSION, 0]);
    frame.extend(count.to_le_bytes());
    frame.extend(node.id.to_le_bytes());
    frame.extend(node.incarnation.to_le_bytes());
    frame.extend([0; MARK.end - MARK.start]);
    frame
}

fn push(frame: &mut Vec<u8>, kind: [u8; 2], head: &[u8], body: &[u8]) {
    frame.extend(kind);
    // User ids have at most 65,535 bytes, events at most 256 KiB.
    frame.extend((head.len() as u16).to_le_bytes());
    frame.extend((body.len() as u32).to_le_bytes());
    frame.extend(head);
    frame.extend(body);
}

fn take(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeName = NodeName {
        id: 7,
        incarnation: 3,
    };

    fn event(target: Target) -> Message {
        Message::Event {
            target,
            event: Text::from(r#"{"event":"said","data":"ü"}"#.to_owned()),
        }
    }

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let messages = [
            event(Target::All),
            event(Target::Others(ConnectionId::from_number(u64::MAX))),
            event(Target::User("ana".into())),
            Message::Event {
                target: Target::All,
                event: Text::of("{}".into(), WhenSlow::DropOldest).unwrap(),
            },
            Message::Disconnect {
                user: None,
                close: Close::new(CloseCode::REVOKED, "closed"),
            },
            Message::Disconnect {
                user: Some("bea".into()),
                close: Close::new(CloseCode::EXPIRED, ""),
            },
            Message::Blank,
            Message::Gap,
        ];
        let mut frame = encode_messages(NODE, &messages);
        set_mark(&mut frame, 42);
        let contents = decode(&frame.into()).unwrap();
        assert_eq!(contents.node, Some(NODE));
        assert_eq!(contents.mark, Some(42));
        assert_eq!(format!("{:?}", contents.messages), format!("{messages:?}"));
    }

    #[test]
    fn members_arrive_as_they_were_told() {
        let member = Member {
            user: "ana".into(),
            connection: ConnectionId::from_number(42),
            since: UNIX_EPOCH + Duration::from_millis(1_000_000_000_123),
        };
        let enrolments = [
            Enrolment::Join(member.clone()),
            Enrolment::Leave(member.connection),
            Enrolment::Replace(ConnectionKey::random()),
        ];
        let contents = decode(&encode_enrolments(NODE, &enrolments).into()).unwrap();
        assert_eq!(
            format!("{:?}", contents.enrolments),
            format!("{enrolments:?}")
        );
        assert!(matches!(
            (&contents.enrolments[2], &enrolments[2]),
            (Enrolment::Replace(told), Enrolment::Replace(key)) if told == key
        ));
        let field = member_field(member.connection);
        let read = member_of(field.as_bytes(), &member_value(&member)).unwrap();
        assert_eq!(format!("{read:?}"), format!("{member:?}"));
    }

    #[test]
    fn a_frame_of_a_later_version_takes_its_places_and_says_nothing() {
        let contents = decode(&Bytes::from_static(&[2, 0, 3, 0, 99])).unwrap();
        assert!(matches!(
            contents.messages[..],
            [Message::Blank, Message::Blank, Message::Blank]
        ));
    }

    #[test]
    fn a_message_of_a_later_kind_takes_its_place_and_says_nothing() {
        let mut frame = header(NODE, 2, 0);
        push(&mut frame, [99, 0], b"head", b"body");
        push(&mut frame, [0, 0], b"", b"{}");
        let contents = decode(&frame.into()).unwrap();
        assert!(matches!(
            contents.messages[..],
            [Message::Blank, Message::Event { .. }]
        ));
    }

    #[test]
    fn what_is_no_frame_is_refused_at_every_length() {
        let frame = Bytes::from(encode_messages(NODE, &[event(Target::User("ana".into()))]));
        for length in 0..frame.len() {
            assert!(decode(&frame.slice(..length)).is_none(), "{length} bytes");
        }
    }
}
