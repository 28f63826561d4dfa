//! What breaks RFC 6455 or a bound of it: the connection is closed with the code that says so.

use std::sync::Arc;

use tests::{Frame, Opcode, RawPeer, Transport, allow_many_files};
use tokio::sync::Barrier;
use tokio::task::{JoinSet, yield_now};
use ws_core::Limits;

use crate::server::{Running, assert_lives};

/// The default limit of a message.
const LIMIT: usize = 64 * 1024;

/// Writes bytes on a connection, and looks at the code that it is closed with. Another client notices nothing.
async fn closes(bytes: &[u8], code: u16) {
    for transport in [Transport::Socket, Transport::Hidden] {
        let mut server = Running::over(transport, Limits::default()).await;
        let mut other = server.bare().await;
        let mut peer = server.raw().await;
        peer.write(bytes).await;
        assert_eq!(peer.close_code().await, Some(code), "{transport:?}");
        assert_eq!(peer.read().await, None, "a close frame is the last");
        let told = server.told().await;
        assert!(told.kind.contains(&code.to_string()), "{told:?}");
        assert_lives(&mut other).await;
    }
}

/// A part of a message, which is not its last.
fn part(opcode: Opcode, payload: impl Into<Vec<u8>>) -> Frame {
    Frame {
        last: false,
        ..Frame::new(opcode, payload)
    }
}

/// A message of so many bytes that its event is unknown.
fn message(length: usize) -> Vec<u8> {
    let frame = r#"{"event":""}"#;
    format!(r#"{{"event":"{}"}}"#, "x".repeat(length - frame.len())).into_bytes()
}

#[tokio::test]
async fn a_binary_message_is_closed_with_1003() {
    closes(&Frame::new(Opcode::Binary, *b"{}").bytes(), 1003).await;
}

#[tokio::test]
async fn invalid_utf8_is_closed_with_1007() {
    closes(&Frame::new(Opcode::Text, [b'{', 0xff, b'}']).bytes(), 1007).await;
}

#[tokio::test]
async fn invalid_utf8_in_the_second_fragment_is_closed_with_1007() {
    let first = part(Opcode::Text, *b"{");
    let second = Frame::new(Opcode::Continuation, [0xff]);
    closes(&[first.bytes(), second.bytes()].concat(), 1007).await;
}

#[tokio::test]
async fn an_unmasked_frame_is_closed_with_1002() {
    let frame = Frame {
        masked: false,
        ..Frame::new(Opcode::Text, *b"{}")
    };
    closes(&frame.bytes(), 1002).await;
}

#[tokio::test]
async fn a_frame_with_reserved_bits_is_closed_with_1002() {
    for bit in [0x40, 0x20, 0x10] {
        let mut bytes = Frame::new(Opcode::Text, *b"{}").bytes();
        bytes[0] |= bit;
        closes(&bytes, 1002).await;
    }
}

#[tokio::test]
async fn a_frame_with_a_reserved_opcode_is_closed_with_1002() {
    for opcode in [3, 11] {
        let mut bytes = Frame::new(Opcode::Text, *b"{}").bytes();
        bytes[0] = 0x80 | opcode;
        closes(&bytes, 1002).await;
    }
}

#[tokio::test]
async fn a_message_inside_of_another_is_closed_with_1002() {
    let first = part(Opcode::Text, *b"{");
    let second = Frame::new(Opcode::Text, *b"{}");
    closes(&[first.bytes(), second.bytes()].concat(), 1002).await;
}

#[tokio::test]
async fn a_continuation_of_nothing_is_closed_with_1002() {
    closes(&Frame::new(Opcode::Continuation, *b"{}").bytes(), 1002).await;
}

#[tokio::test]
async fn a_fragmented_ping_is_closed_with_1002() {
    closes(&part(Opcode::Ping, *b"").bytes(), 1002).await;
}

#[tokio::test]
async fn a_message_above_the_limit_is_closed_with_1009() {
    closes(&Frame::new(Opcode::Text, message(LIMIT + 1)).bytes(), 1009).await;
}

#[tokio::test]
async fn a_message_of_many_fragments_above_the_limit_is_closed_with_1009() {
    let mut frames = vec![part(Opcode::Text, vec![b' '; 1024])];
    frames.resize(65, part(Opcode::Continuation, vec![b' '; 1024]));
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
    closes(&bytes, 1009).await;
}

#[tokio::test]
async fn a_frame_that_claims_2_to_the_62_bytes_is_closed_with_1009() {
    let mut bytes = vec![0x81, 0x80 | 127];
    bytes.extend((1_u64 << 62).to_be_bytes());
    bytes.extend([0; 4]);
    closes(&bytes, 1009).await;
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_is_read() {
    let server = Running::start().await;
    let mut peer = server.raw().await;
    peer.write(&Frame::new(Opcode::Text, message(LIMIT)).bytes())
        .await;
    let (opcode, payload) = peer.read().await.unwrap();
    assert_eq!(opcode, Opcode::Text as u8);
    assert!(
        String::from_utf8(payload)
            .unwrap()
            .contains("ws.unknown_event")
    );
}

#[tokio::test]
async fn a_peer_that_still_writes_10_megabytes_sees_1009() {
    let mut server = Running::start().await;
    let mut peer = server.raw().await;
    let bytes = Frame::new(Opcode::Text, message(10 * 1024 * 1024)).bytes();
    let (mut reading, mut writing) = peer.split();
    let (code, _) = tokio::join!(reading.close_code(), writing.write(&bytes));
    assert_eq!(code, Some(1009));
    assert!(server.told().await.kind.contains("1009"));
    let mut other = server.bare().await;
    assert_lives(&mut other).await;
}

#[tokio::test]
async fn a_message_in_fragments_with_a_ping_between_them_is_one_message() {
    let server = Running::start().await;
    let mut peer = server.raw().await;
    let first = part(Opcode::Text, *br#"{"event":"chats.msg","#);
    let ping = Frame::new(Opcode::Ping, *b"still there?");
    let second = Frame::new(Opcode::Continuation, *br#""data":{"text":"hello"}}"#);
    peer.write(&[first.bytes(), ping.bytes(), second.bytes()].concat())
        .await;
    let pong = (Opcode::Pong as u8, b"still there?".to_vec());
    assert_eq!(peer.read().await, Some(pong));
    let (_, answer) = peer.read().await.unwrap();
    assert!(String::from_utf8(answer).unwrap().contains("chats.msg"));
}

#[tokio::test]
async fn frames_that_come_together_with_the_upgrade_are_read() {
    let server = Running::start().await;
    let frame = Frame::new(
        Opcode::Text,
        *br#"{"event":"chats.msg","data":{"text":"early"}}"#,
    );
    let mut peer = RawPeer::connect_eagerly(server.address(), "/ws", &frame.bytes()).await;
    let (_, answer) = peer.read().await.unwrap();
    assert!(String::from_utf8(answer).unwrap().contains("chats.msg"));
}

#[tokio::test]
async fn a_frame_that_comes_byte_by_byte_is_read() {
    let server = Running::start().await;
    let mut peer = server.raw().await;
    let frame = Frame::new(
        Opcode::Text,
        *br#"{"event":"chats.msg","data":{"text":"drops"}}"#,
    );
    for byte in frame.bytes() {
        peer.write(&[byte]).await;
        yield_now().await;
    }
    let (_, answer) = peer.read().await.unwrap();
    assert!(String::from_utf8(answer).unwrap().contains("chats.msg"));
}

#[tokio::test]
async fn a_close_frame_is_answered_with_its_code() {
    let server = Running::start().await;
    let mut peer = server.raw().await;
    peer.write(&Frame::new(Opcode::Close, 4321_u16.to_be_bytes()).bytes())
        .await;
    assert_eq!(peer.close_code().await, Some(4321));
    assert_eq!(peer.read().await, None, "the server ends the connection");
}

#[tokio::test]
async fn a_close_frame_of_one_byte_is_closed_with_1002() {
    closes(&Frame::new(Opcode::Close, [3]).bytes(), 1002).await;
}

#[tokio::test]
async fn a_control_frame_above_125_bytes_is_closed_with_1002() {
    closes(&Frame::new(Opcode::Ping, [0; 126]).bytes(), 1002).await;
}

#[tokio::test]
async fn the_longest_ping_is_answered_and_a_pong_that_nobody_asked_for_is_not() {
    let server = Running::start().await;
    let mut peer = server.raw().await;
    let payload: Vec<u8> = (0..125).collect();
    let pong = Frame::new(Opcode::Pong, *b"unasked").bytes();
    let ping = Frame::new(Opcode::Ping, payload.clone()).bytes();
    peer.write(&[pong, ping].concat()).await;
    assert_eq!(peer.read().await, Some((Opcode::Pong as u8, payload)));
}

#[tokio::test]
async fn a_close_in_the_middle_of_a_message_is_answered() {
    let server = Running::start().await;
    let mut peer = server.raw().await;
    let close = Frame::new(Opcode::Close, 1001_u16.to_be_bytes());
    let bytes = [part(Opcode::Text, *b"{").bytes(), close.bytes()].concat();
    peer.write(&bytes).await;
    assert_eq!(peer.close_code().await, Some(1001));
}

#[tokio::test]
async fn a_close_frame_without_a_code_is_answered_without_one() {
    let server = Running::start().await;
    for mut peer in [server.raw().await, server.raw_session().await] {
        peer.write(&Frame::new(Opcode::Close, *b"").bytes()).await;
        let close = (Opcode::Close as u8, Vec::new());
        assert_eq!(peer.read().await, Some(close));
    }
}

#[tokio::test]
async fn a_close_code_that_nobody_may_send_is_answered_with_1002() {
    let server = Running::start().await;
    for code in [0_u16, 999, 1004, 1005, 1006, 1015] {
        for mut peer in [server.raw().await, server.raw_session().await] {
            peer.write(&Frame::new(Opcode::Close, code.to_be_bytes()).bytes())
                .await;
            assert_eq!(peer.close_code().await, Some(1002), "{code}");
        }
    }
}

#[tokio::test]
async fn a_reason_that_is_not_utf8_is_closed_with_1007() {
    closes(&Frame::new(Opcode::Close, [3, 232, 0xff]).bytes(), 1007).await;
}

#[tokio::test]
async fn a_ping_before_the_hello_is_answered_behind_the_welcome() {
    let server = Running::start().await;
    let mut peer = server.raw_session().await;
    for payload in ["first", "last"] {
        peer.write(&Frame::new(Opcode::Ping, payload).bytes()).await;
    }
    peer.write(&Frame::new(Opcode::Text, *br#"{"hello":{}}"#).bytes())
        .await;
    let (_, welcome) = peer.read().await.unwrap();
    assert!(welcome.starts_with(br#"{"welcome""#));
    let pong = (Opcode::Pong as u8, b"last".to_vec());
    assert_eq!(peer.read().await, Some(pong));
}

/// All of them share the few contexts of the library that the threads have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_of_1000_clients_sends_never_reaches_another() {
    const CLIENTS: usize = 1_000;
    allow_many_files();
    let server = Running::start().await;
    let barrier = Arc::new(Barrier::new(CLIENTS));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (address, barrier) = (server.address(), Arc::clone(&barrier));
        clients.spawn(async move {
            let mut peer = RawPeer::connect(address, "/ws").await;
            barrier.wait().await;
            for round in 0..3 {
                is_answered(&mut peer, number, round).await;
            }
            is_closed(&mut peer, number).await;
        });
    }
    clients.join_all().await;
}

/// Sends a ping in the middle of a message, and reads the answers to both.
async fn is_answered(peer: &mut RawPeer, number: usize, round: usize) {
    let length = number % 97 + 1;
    let payload = format!("{number} in {round}").into_bytes();
    let end = format!(r#""data":{{"text":"{}"}}}}"#, "x".repeat(length));
    for frame in [
        part(Opcode::Text, *br#"{"event":"chats.msg","#),
        Frame::new(Opcode::Ping, payload.clone()),
        part(Opcode::Continuation, *b" "),
        Frame::new(Opcode::Continuation, end),
    ] {
        peer.write(&frame.bytes()).await;
        // Others send what is theirs.
        yield_now().await;
    }
    let answer = format!(r#"{{"event":"chats.msg","data":{{"length":{length}}}}}"#);
    let text = (Opcode::Text as u8, answer.into_bytes());
    for expected in [(Opcode::Pong as u8, payload), text] {
        assert_eq!(peer.read().await, Some(expected));
    }
}

/// Ends the connection in one of several ways, and reads the code that belongs to it.
async fn is_closed(peer: &mut RawPeer, number: usize) {
    let own = 4_000 + u16::try_from(number).unwrap();
    let unmasked = Frame {
        masked: false,
        ..Frame::new(Opcode::Text, *b"{}")
    };
    let (frame, code) = match number % 5 {
        0 => (unmasked, 1002),
        1 => (Frame::new(Opcode::Binary, *b"{}"), 1003),
        2 => (Frame::new(Opcode::Text, *b"\xff"), 1007),
        3 => (Frame::new(Opcode::Text, vec![b' '; LIMIT + 1]), 1009),
        _ => (Frame::new(Opcode::Close, own.to_be_bytes()), own),
    };
    peer.write(&frame.bytes()).await;
    assert_eq!(peer.close_code().await, Some(code), "{number}");
    assert_eq!(peer.read().await, None);
}
