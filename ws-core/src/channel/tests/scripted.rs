//! A cluster whose answers a test writes.

use std::sync::{Arc, Weak};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::{mpsc, oneshot, watch};

use crate::cluster::{
    Backend, Cluster, ClusterStatus, Enrolment, Message, Recovery, Retention, Roll, Sink,
};
use crate::error::ClusterError;
use crate::protocol::Position;

/// Somebody reads the log from this position, and waits for the answer.
pub(super) type Reading = (Position, oneshot::Sender<Result<Recovery, ClusterError>>);

/// Somebody opens the channel, and waits for the answer.
pub(super) type Opening = oneshot::Sender<Result<Option<Position>, ClusterError>>;

/// Somebody asks who is there, and waits for the answer.
pub(super) type Asking = oneshot::Sender<Roll>;

/// A cluster whose log is what a test says, at the moment at which it says so.
pub(super) struct Scripted {
    head: Position,
    /// Where a test says how opening the channel ends.
    openings: Option<mpsc::UnboundedSender<Opening>>,
    readings: mpsc::UnboundedSender<Reading>,
    /// Where a test says who is there.
    askings: Option<mpsc::UnboundedSender<Asking>>,
    status: watch::Sender<ClusterStatus>,
}

impl Scripted {
    /// A cluster whose log stands at this position, and who reads it.
    pub(super) fn at(head: Position) -> (Cluster, mpsc::UnboundedReceiver<Reading>) {
        let (readings, asked) = mpsc::unbounded_channel();
        let scripted = Self::new(head, None, readings);
        (Cluster::over(Arc::new(scripted)), asked)
    }

    /// A cluster whose channels open when a test says so, and who opens them.
    pub(super) fn opened_by_hand() -> (Cluster, mpsc::UnboundedReceiver<Opening>) {
        let (openings, asked) = mpsc::unbounded_channel();
        let head = Position { seq: 0, mark: 0 };
        let scripted = Self::new(head, Some(openings), mpsc::unbounded_channel().0);
        (Cluster::over(Arc::new(scripted)), asked)
    }

    /// A cluster in which a test says who is there, and who asks.
    pub(super) fn listed_by_hand() -> (Cluster, mpsc::UnboundedReceiver<Asking>) {
        let (askings, asked) = mpsc::unbounded_channel();
        let head = Position { seq: 0, mark: 0 };
        let scripted = Self::new(head, None, mpsc::unbounded_channel().0);
        let scripted = Self {
            askings: Some(askings),
            ..scripted
        };
        (Cluster::over(Arc::new(scripted)), asked)
    }

    fn new(
        head: Position,
        openings: Option<mpsc::UnboundedSender<Opening>>,
        readings: mpsc::UnboundedSender<Reading>,
    ) -> Self {
        Self {
            head,
            openings,
            readings,
            askings: None,
            status: watch::Sender::new(ClusterStatus::Up),
        }
    }
}

impl Backend for Scripted {
    fn attach<'a>(
        &'a self,
        _: &'a str,
        _: Retention,
        _: Weak<dyn Sink>,
    ) -> BoxFuture<'a, Result<Option<Position>, ClusterError>> {
        let Some(openings) = &self.openings else {
            return ready(Ok(Some(self.head))).boxed();
        };
        let (answer, answered) = oneshot::channel();
        openings.send(answer).unwrap();
        async { answered.await.unwrap() }.boxed()
    }

    fn detach(&self, _: &str) {}

    fn publish<'a>(
        &'a self,
        _: &'a str,
        _: Retention,
        _: Vec<Message>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        ready(Ok(())).boxed()
    }

    fn recover<'a>(
        &'a self,
        _: &'a str,
        from: Position,
    ) -> BoxFuture<'a, Result<Recovery, ClusterError>> {
        let (answer, answered) = oneshot::channel();
        self.readings.send((from, answer)).unwrap();
        async { answered.await.unwrap() }.boxed()
    }

    fn update<'a>(
        &'a self,
        _: &'a str,
        _: Vec<Enrolment>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        ready(Ok(())).boxed()
    }

    fn members<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Roll, ClusterError>> {
        let Some(askings) = &self.askings else {
            return ready(Ok(Roll::default())).boxed();
        };
        let (answer, answered) = oneshot::channel();
        askings.send(answer).unwrap();
        async { Ok(answered.await.unwrap()) }.boxed()
    }

    fn has_room(&self) -> bool {
        true
    }

    fn status(&self) -> watch::Receiver<ClusterStatus> {
        self.status.subscribe()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), ClusterError>> {
        ready(Ok(())).boxed()
    }
}
