//! A node, a client that comes back to it, and what is read of the log: at the moment at which a test says so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::scripted::{Reading, Scripted};
use super::{core, message, session_that_saw, settle};
use crate::channel::core::Core;
use crate::client::Connection;
use crate::cluster::{Arrival, Frame, GapReason, Recovery, Sink, Target};
use crate::error::{ClusterError, RegisterError};
use crate::protocol::{Early, Position, Seen};

pub(super) const SEEN: Position = Position { seq: 8, mark: 8 };
pub(super) const FURTHER: Position = Position { seq: 9, mark: 9 };
/// Behind it, the log may go on in another way.
pub(super) const COMMON: Position = Position { seq: 10, mark: 10 };
pub(super) const HEAD: Position = Position { seq: 20, mark: 20 };

pub(super) fn frame(seq: u64, mark: u64, text: &str) -> Frame {
    Frame::logged(Position { seq, mark }, [message(Target::All, text)])
}

/// These, and nothing behind them.
pub(super) fn log(frames: &[Frame]) -> Result<Recovery, ClusterError> {
    Ok(Recovery::all(frames.to_vec()))
}

/// These, and more behind them.
pub(super) fn page(frames: &[Frame]) -> Result<Recovery, ClusterError> {
    let (frames, more) = (frames.to_vec(), true);
    Ok(Recovery::Exact { frames, more })
}

pub(super) fn forked() -> Result<Recovery, ClusterError> {
    Ok(Recovery::Broken {
        why: GapReason::Forked,
        head: COMMON,
    })
}

pub(super) fn away() -> Result<Recovery, ClusterError> {
    Err(ClusterError::Unavailable("away".to_owned()))
}

/// A node that has delivered the log up to [`HEAD`], a client that comes back to it, and what is read of the log.
pub(super) struct Case {
    pub(super) core: Arc<Core>,
    pub(super) ana: Arc<Connection>,
    pub(super) readings: UnboundedReceiver<Reading>,
}

impl Case {
    /// The client has seen this, and what it missed is about to be read.
    pub(super) fn from(seen: impl Into<Seen>) -> Self {
        let (cluster, readings) = Scripted::at(HEAD);
        let (core, ana) = (core(&cluster), session_that_saw(Some(Some(seen.into()))));
        let case = Self {
            core,
            ana: Arc::clone(&ana),
            readings,
        };
        drop(case.registers("ana", &ana));
        case
    }

    /// A client that has seen this comes back, too.
    pub(super) fn comes(&self, user: &'static str, seen: impl Into<Seen>) -> Arc<Connection> {
        let client = session_that_saw(Some(Some(seen.into())));
        drop(self.registers(user, &client));
        client
    }

    /// Registers a client, until the task that is returned is aborted.
    pub(super) fn registers(
        &self,
        user: &'static str,
        client: &Arc<Connection>,
    ) -> JoinHandle<Result<(), RegisterError>> {
        let (channel, client) = (Arc::clone(&self.core), Arc::clone(client));
        tokio::spawn(async move { channel.register(user, &client).await })
    }

    /// Answers the next reading, which begins here.
    pub(super) async fn reads(&mut self, from: Position, result: Result<Recovery, ClusterError>) {
        let asked = timeout(Duration::from_secs(10), self.readings.recv()).await;
        let (asked, answer) = asked.expect("it is read").unwrap();
        assert_eq!(asked, from);
        answer.send(result).unwrap();
        self.settles().await;
    }

    pub(super) async fn settles(&self) {
        // What a task of the channel begins is a task, too.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        settle(&self.core).await;
    }

    pub(super) async fn takes(&self, arrival: Arrival) {
        self.core.take(arrival);
        self.settles().await;
    }

    /// The node notices that the log goes on from [`COMMON`] in another way.
    pub(super) async fn forks(&self) {
        let (why, head) = (GapReason::Forked, COMMON);
        self.takes(Arrival::Gap { why, head }).await;
    }

    pub(super) async fn brings(&self, frame: Frame) {
        self.takes(Arrival::Frame(frame)).await;
    }

    /// The node gives what it has published under the last of these marks before the log has it.
    pub(super) async fn gives_early(&self, marks: Early, text: &str) {
        let messages = [message(Target::All, text)].into();
        self.takes(Arrival::Early(marks, messages)).await;
    }
}

/// A client that has seen [`SEEN`], and was given a page up to [`FURTHER`].
pub(super) async fn given_a_page() -> Case {
    let mut case = Case::from(SEEN);
    let first = [frame(8, 8, "seen"), frame(9, 9, "first")];
    case.reads(SEEN, page(&first)).await;
    case
}
