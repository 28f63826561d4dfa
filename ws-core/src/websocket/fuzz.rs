//! Pooling changes nothing: the same bytes through a context of its own, and through [`FrameReader`] in pieces of any size, give
//! the same messages, the same answers and the same failures.
//!
//! See [`seeds`](crate::seeds) for how long, and how to repeat a failure.

use std::io::{self, Cursor, Read, Write};
use std::ops::ControlFlow;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Message, Utf8Bytes};

use super::frame_reader::{Bounds, FrameReader, Received};
use crate::seeds::seeds;

const BOUNDS: Bounds = Bounds {
    message: 2000,
    frame: 1500,
    fragments: usize::MAX,
};

/// What came out, in a form that both sides can be brought into.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Text(Utf8Bytes),
    /// A control frame, and what was written in answer.
    Control(Vec<u8>),
    Closed(u16, Vec<u8>),
    Broken(u16),
}

/// A context of its own, which is given everything at once.
fn alone(bytes: &[u8]) -> Vec<Seen> {
    struct Whole<'a>(Cursor<&'a [u8]>, Vec<u8>);
    impl Read for Whole<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                read => Ok(read),
            }
        }
    }
    impl Write for Whole<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(BOUNDS.message))
        .max_frame_size(Some(BOUNDS.frame));
    let mut context = WebSocketContext::new(Role::Server, Some(config));
    let mut wire = Whole(Cursor::new(bytes), Vec::new());
    let mut seen = Vec::new();
    loop {
        let read = context.read(&mut wire);
        drop(context.flush(&mut wire));
        let answer = std::mem::take(&mut wire.1);
        seen.push(match read {
            Ok(Message::Text(text)) => Seen::Text(text),
            Ok(Message::Ping(_) | Message::Pong(_)) => Seen::Control(answer),
            Ok(Message::Close(frame)) => {
                let code = frame.map_or(1000, |frame| frame.code.into());
                seen.push(Seen::Closed(code, answer));
                return seen;
            }
            Ok(Message::Binary(_)) => Seen::Broken(1003),
            Ok(Message::Frame(_)) => unreachable!(),
            Err(Error::Io(_)) => return seen,
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => Seen::Broken(1009),
            Err(Error::Utf8(_)) => Seen::Broken(1007),
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => unreachable!(),
            Err(_) => Seen::Broken(1002),
        });
        if matches!(seen.last(), Some(Seen::Broken(_))) {
            return seen;
        }
    }
}

/// What a connection does, which is given the bytes in pieces, and may ask for one message at a time.
fn pooled(bytes: &[u8], random: &mut SmallRng) -> Vec<Seen> {
    let mut frames = FrameReader::default();
    let mut seen = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() || frames.is_behind() {
        let piece = match frames.is_behind() {
            true => 0,
            false => random.random_range(1..=rest.len().min(700)),
        };
        let (piece, behind) = rest.split_at(piece);
        rest = behind;
        let one_by_one = random.random_bool(0.2);
        let _: ControlFlow<()> = frames.take(piece, BOUNDS, |received| {
            seen.push(match received {
                Received::Text(text) => Seen::Text(text),
                Received::Control(answer) => Seen::Control(answer.unwrap_or_default().into()),
                Received::Closed(close, answer) => {
                    Seen::Closed(close.code().number(), answer.into())
                }
                Received::Broken(close) => Seen::Broken(close.code().number()),
                Received::Lost => unreachable!(),
            });
            match one_by_one {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
    }
    seen
}

/// Frames as a peer might send them, most of them right.
fn stream(random: &mut SmallRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(1..20) {
        frame(random, &mut bytes);
    }
    for _ in 0..[0, 0, 0, 1, 3].choose(random).copied().unwrap_or_default() {
        let place = random.random_range(0..bytes.len());
        bytes[place] = random.random();
    }
    if random.random_bool(0.2) {
        bytes.truncate(random.random_range(1..=bytes.len()));
    }
    bytes
}

fn frame(random: &mut SmallRng, bytes: &mut Vec<u8>) {
    let opcode = match random.random_range(0..40) {
        0..20 => 1,
        20..28 => 0,
        28..32 => 9,
        32..36 => 10,
        36 => 8,
        37 => 2,
        _ => random.random_range(0..16),
    };
    let is_final = random.random_bool(if opcode < 3 { 0.6 } else { 0.98 });
    let reserved = if random.random_bool(0.01) { 0x40 } else { 0 };
    bytes.push(opcode | u8::from(is_final) << 7 | reserved);
    let payload = payload(random, opcode);
    let masked = if random.random_bool(0.995) { 0x80 } else { 0 };
    match payload.len() {
        // The longer forms of a length are allowed, too, where the shorter would do.
        length @ 0..126 if random.random_bool(0.95) => bytes.push(length as u8 | masked),
        length => {
            bytes.push(126 | masked);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    let mask: [u8; 4] = random.random();
    if masked != 0 {
        bytes.extend(mask);
    }
    let cover = payload.iter().zip(mask.iter().cycle());
    bytes.extend(cover.map(|(byte, mask)| byte ^ if masked == 0 { 0 } else { *mask }));
}

fn payload(random: &mut SmallRng, opcode: u8) -> Vec<u8> {
    if opcode == 8 {
        let code: u16 = [1000, 1001, 1002, 1005, 1011, 3000, 4000, 999, 0]
            .choose(random)
            .copied()
            .unwrap();
        return match random.random_range(0..4) {
            0 => Vec::new(),
            1 => vec![3],
            2 => code.to_be_bytes().to_vec(),
            _ => [&code.to_be_bytes()[..], "tschüß".as_bytes()].concat(),
        };
    }
    let longest = match random.random_range(0..20) {
        0 => 1600,
        1..5 => 400,
        _ => 40,
    };
    let length = random.random_range(0..=longest);
    match random.random_range(0..20) {
        0 => (0..length).map(|_| random.random()).collect(),
        // Cut anywhere, so that characters go on in the next fragment, or do not.
        1..5 => "{\"é\":\"漢字🙂\"}".bytes().cycle().take(length).collect(),
        _ => "{\"event\":\"a.b\"}".bytes().cycle().take(length).collect(),
    }
}

#[test]
fn pooling_changes_nothing() {
    let mut kinds = [0_usize; 4];
    for seed in seeds() {
        let mut random = SmallRng::seed_from_u64(seed.0);
        let bytes = stream(&mut random);
        let expected = alone(&bytes);
        assert_eq!(pooled(&bytes, &mut random), expected);
        for seen in &expected {
            kinds[match seen {
                Seen::Text(_) => 0,
                Seen::Control(_) => 1,
                Seen::Closed(..) => 2,
                Seen::Broken(_) => 3,
            }] += 1;
        }
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
}

#[test]
fn a_message_of_too_many_fragments_is_refused() {
    let bounds = Bounds {
        fragments: 3,
        ..BOUNDS
    };
    let fragment = |first: u8| [first, 0x80, 0, 0, 0, 0];
    let whole = [fragment(1), fragment(0), fragment(0x80)].concat();
    let long = [fragment(1), fragment(0), fragment(0), fragment(0x80)].concat();
    for (bytes, is_taken) in [(&whole, true), (&long, false)] {
        let mut seen = Vec::new();
        let _: ControlFlow<()> = FrameReader::default().take(bytes, bounds, |received| {
            seen.push(received);
            ControlFlow::Continue(())
        });
        match (&seen[..], is_taken) {
            ([Received::Text(text)], true) => assert!(text.is_empty()),
            ([Received::Broken(close)], false) => assert_eq!(close.code().number(), 1009),
            _ => panic!("{seen:?}"),
        }
    }
}
