//! Signs of life, by a clock that is faster than the default one.

use std::time::{Duration, Instant};

use tests::Opcode;
use ws_core::Limits;

use crate::server::{Running, assert_lives};

/// The time between two pings, and how long an answer may take.
const PING: Duration = Duration::from_millis(40);
const PONG: Duration = Duration::from_millis(600);

/// A client that lives for so long has answered.
const LONG: Duration = Duration::from_millis(1500);

async fn impatient() -> Running {
    Running::with(
        Limits::default()
            .with_ping_interval(PING)
            .with_pong_timeout(PONG),
    )
    .await
}

#[tokio::test]
async fn a_client_without_a_sign_of_life_is_closed_with_4012() {
    let server = impatient().await;
    let mut bare = server.raw().await;
    let mut session = server.session().await;
    assert_eq!(bare.close_code().await, Some(4012));
    assert_eq!(session.closed_without_an_answer().await, 4012);
}

#[tokio::test]
async fn a_session_client_that_answers_pings_lives_on() {
    let server = impatient().await;
    let mut session = server.session().await;
    let start = Instant::now();
    while start.elapsed() < LONG {
        session.pinged().await;
    }
    assert_lives(&mut session).await;
}

#[tokio::test]
async fn a_bare_client_that_answers_pings_lives_on() {
    let server = impatient().await;
    let mut bare = server.raw().await;
    let start = Instant::now();
    while start.elapsed() < LONG {
        assert_eq!(
            bare.read_any().await,
            Some((Opcode::Ping as u8, Vec::new()))
        );
        bare.write(&tests::Frame::new(Opcode::Pong, *b"").bytes())
            .await;
    }
    bare.write(&tests::Frame::new(Opcode::Close, *b"").bytes())
        .await;
    assert_eq!(bare.close_code().await, None);
}

#[tokio::test]
async fn any_message_is_a_sign_of_life() {
    let server = impatient().await;
    let mut bare = server.raw().await;
    let nothing = tests::Frame::new(
        Opcode::Text,
        *b"{\"event\":\"chats.msg\",\"data\":{\"text\":\"hi\"}}",
    );
    let start = Instant::now();
    while start.elapsed() < LONG {
        bare.write(&nothing.bytes()).await;
        while bare.read().await.unwrap().0 != Opcode::Text as u8 {}
    }
}
