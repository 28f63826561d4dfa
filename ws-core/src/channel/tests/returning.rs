//! Clients that come back to a log that becomes another one.

use std::sync::Arc;

use super::scripted::{Reading, Scripted};
use super::{core, message, sent, session, settle};
use crate::channel::core::Core;
use crate::client::Connection;
use crate::cluster::{Arrival, Frame, Recovery, Sink, Target, Why};
use crate::error::ClusterError;
use crate::protocol::{Early, Position};
use tokio::sync::mpsc::UnboundedReceiver;

const HEAD: Position = Position { seq: 20, nonce: 20 };
const COMMON: Position = Position { seq: 10, nonce: 10 };

fn frame(seq: u64, nonce: u64, text: &str) -> Frame {
    Frame {
        last: Some(Position { seq, nonce }),
        messages: [message(Target::All, text)].into(),
    }
}

/// A node that has delivered the log up to [`HEAD`], a client that comes back to it, and what is read of the log.
struct Case {
    core: Arc<Core>,
    ana: Arc<Connection>,
    readings: UnboundedReceiver<Reading>,
}

impl Case {
    /// The client has seen this, and what it missed is about to be read.
    fn from(seen: Position) -> Self {
        let (cluster, readings) = Scripted::at(HEAD);
        let (core, ana) = (core(&cluster), session(Some(Some(seen))));
        let (channel, client) = (Arc::clone(&core), Arc::clone(&ana));
        tokio::spawn(async move { channel.register("ana", &client).await });
        Self {
            core,
            ana,
            readings,
        }
    }

    /// Answers the next reading, which begins here.
    async fn reads(&mut self, from: Position, result: Result<Recovery, ClusterError>) {
        let (asked, answer) = self.readings.recv().await.unwrap();
        assert_eq!(asked, from);
        answer.send(result).unwrap();
        self.settles().await;
    }

    async fn settles(&self) {
        // What a task of the channel begins is a task, too.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        settle(&self.core).await;
    }

    /// The node notices that the log goes on from [`COMMON`] in another way.
    async fn forks(&self) {
        self.core.take(Arrival::Gap {
            why: Why::Forked,
            head: COMMON,
        });
        self.settles().await;
    }

    async fn brings(&self, frame: Frame) {
        self.core.take(Arrival::Frame(frame));
        self.settles().await;
    }
}

fn forked() -> Result<Recovery, ClusterError> {
    Ok(Recovery::Broken {
        why: Why::Forked,
        head: COMMON,
    })
}

#[tokio::test]
async fn a_log_that_becomes_another_one_while_it_is_read_is_read_again() {
    let before = Position { seq: 8, nonce: 8 };
    let mut case = Case::from(before);
    let (asked, answer) = case.readings.recv().await.unwrap();
    case.forks().await;
    case.brings(frame(11, 99, "of the new log")).await;
    let old = vec![frame(8, 8, "seen"), frame(20, 20, "of the old log")];
    answer.send(Ok(Recovery::Exact(old))).unwrap();
    assert_eq!(asked, before);
    case.reads(before, forked()).await;
    assert_eq!(
        sent(&case.ana),
        ["joined", "gap"],
        "what is behind is told to be missing"
    );
    case.brings(frame(12, 98, "next")).await;
    assert_eq!(sent(&case.ana), ["next"]);
}

#[tokio::test]
async fn who_was_given_the_log_that_was_is_given_nothing_before_it_is_told() {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, Ok(Recovery::Exact(vec![frame(20, 20, "seen")])))
        .await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case.forks().await;
    case.brings(frame(11, 99, "of the new log")).await;
    let early = [message(Target::All, "early")].into();
    case.core.take(Arrival::Early(Early::between(5, 5), early));
    case.settles().await;
    assert_eq!(
        sent(&case.ana),
        [""; 0],
        "it is not known yet whether its log is the one that is"
    );
    case.reads(HEAD, forked()).await;
    assert_eq!(sent(&case.ana)[0], "gap");
}

#[tokio::test]
async fn who_was_given_the_new_log_before_its_node_noticed_is_not_given_it_again() {
    let new = Position { seq: 12, nonce: 98 };
    let mut case = Case::from(new);
    let log = [
        frame(11, 99, "before"),
        frame(12, 98, "seen"),
        frame(13, 97, "missed"),
    ];
    // What this node gave early is in the log by now, and before what the client has seen.
    let early = [message(Target::All, "before")].into();
    case.core
        .take(Arrival::Early(Early::between(99, 99), early));
    case.reads(new, Ok(Recovery::Exact(log[1..].to_vec())))
        .await;
    assert_eq!(sent(&case.ana), ["missed", "joined"]);
    case.forks().await;
    for frame in log {
        case.brings(frame).await;
    }
    let given = Position { seq: 13, nonce: 97 };
    case.reads(given, Ok(Recovery::Exact(vec![frame(13, 97, "missed")])))
        .await;
    case.brings(frame(14, 96, "next")).await;
    assert_eq!(sent(&case.ana), ["next"]);
}

#[tokio::test]
async fn a_log_out_of_reach_is_read_when_it_can_be() {
    let ahead = Position { seq: 25, nonce: 25 };
    let mut case = Case::from(ahead);
    let away = || Err(ClusterError::Unavailable("away".to_owned()));
    case.reads(ahead, away()).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case.reads(ahead, away()).await;
    let log = vec![frame(25, 25, "seen"), frame(26, 26, "missed")];
    case.reads(ahead, Ok(Recovery::Exact(log))).await;
    assert_eq!(sent(&case.ana), ["missed"]);
}
