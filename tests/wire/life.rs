//! Signs of life. The clock is moved by hand: nothing waits for real seconds.

use std::time::Duration;

use tests::Opcode;
use tokio::time::{advance, pause, resume};

use crate::server::{Running, assert_lives};

/// The default time between two pings.
const PING: Duration = Duration::from_secs(25);

/// What a client may be silent for beyond it.
const GRACE: Duration = Duration::from_secs(10);

/// How much passes at once. A server that was asleep for longer does not take that for its clients' silence.
const STEP: Duration = Duration::from_millis(800);

/// Lets a little time pass.
async fn pass() {
    pause();
    advance(STEP).await;
    resume();
}

/// The steps in which so much time has passed.
fn steps(time: Duration) -> u128 {
    time.as_nanos().div_ceil(STEP.as_nanos())
}

#[tokio::test]
async fn a_client_without_a_sign_of_life_is_closed_with_4012() {
    let server = Running::start().await;
    let mut bare = server.raw().await;
    let mut session = server.session().await;
    // Both are served when they have been answered.
    bare.write(&tests::Frame::new(Opcode::Ping, *b"").bytes())
        .await;
    assert_eq!(bare.read().await.unwrap().0, Opcode::Pong as u8);
    assert_lives(&mut session).await;
    for _ in 0..steps(PING + GRACE) + 1 {
        pass().await;
    }
    assert_eq!(bare.close_code().await, Some(4012));
    assert_eq!(session.closed().await.0, 4012);
}

#[tokio::test]
async fn a_session_client_that_answers_pings_lives_on() {
    let server = Running::start().await;
    let mut session = server.session().await;
    assert_lives(&mut session).await;
    let mut pings = 0;
    for _ in 0..steps(PING) * 5 {
        pass().await;
        pings += usize::from(session.answer_ping().await);
    }
    assert!((4..=6).contains(&pings), "{pings} pings");
    assert_lives(&mut session).await;
}

#[tokio::test]
async fn any_message_is_a_sign_of_life() {
    let server = Running::start().await;
    let mut bare = server.bare().await;
    for _ in 0..steps(PING) * 3 {
        pass().await;
        assert_lives(&mut bare).await;
    }
}
