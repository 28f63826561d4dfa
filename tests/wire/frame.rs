//! What breaks RFC 6455 or a bound of it: the connection is closed with the code that says so.

use tests::{Frame, Opcode, RawPeer};
use tokio::task::yield_now;

use crate::server::{Running, assert_lives};

/// The default limit of a message.
const LIMIT: usize = 64 * 1024;

/// Writes bytes on a connection, and looks at the code that it is closed with. Another client notices nothing.
async fn closes(bytes: &[u8], code: u16) {
    let mut server = Running::start().await;
    let mut other = server.bare().await;
    let mut peer = server.raw().await;
    peer.write(bytes).await;
    assert_eq!(peer.close_code().await, Some(code));
    let told = server.told().await;
    assert!(told.kind.contains(&code.to_string()), "{told:?}");
    assert_lives(&mut other).await;
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
    let first = Frame {
        last: false,
        ..Frame::new(Opcode::Text, *b"{")
    };
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
    let mut bytes = Frame::new(Opcode::Text, *b"{}").bytes();
    bytes[0] |= 0x40;
    closes(&bytes, 1002).await;
}

#[tokio::test]
async fn a_continuation_of_nothing_is_closed_with_1002() {
    closes(&Frame::new(Opcode::Continuation, *b"{}").bytes(), 1002).await;
}

#[tokio::test]
async fn a_fragmented_ping_is_closed_with_1002() {
    let frame = Frame {
        last: false,
        ..Frame::new(Opcode::Ping, *b"")
    };
    closes(&frame.bytes(), 1002).await;
}

#[tokio::test]
async fn a_message_above_the_limit_is_closed_with_1009() {
    closes(&Frame::new(Opcode::Text, message(LIMIT + 1)).bytes(), 1009).await;
}

#[tokio::test]
async fn a_message_of_many_fragments_above_the_limit_is_closed_with_1009() {
    let part = |opcode| {
        let frame = Frame {
            last: false,
            ..Frame::new(opcode, vec![b' '; 1024])
        };
        frame.bytes()
    };
    let mut bytes = part(Opcode::Text);
    (0..64).for_each(|_| bytes.extend(part(Opcode::Continuation)));
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
    let first = Frame {
        last: false,
        ..Frame::new(Opcode::Text, *br#"{"event":"chats.msg","#)
    };
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
