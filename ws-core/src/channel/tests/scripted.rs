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

/// A cluster whose log is what a test says, at the moment at which it says so.
pub(super) struct Scripted {
    head: Position,
    readings: mpsc::UnboundedSender<Reading>,
    status: watch::Sender<ClusterStatus>,
}

impl Scripted {
    /// A cluster whose log stands at this position, and who reads it.
    pub(super) fn at(head: Position) -> (Cluster, mpsc::UnboundedReceiver<Reading>) {
        let (readings, asked) = mpsc::unbounded_channel();
        let scripted = Self {
            head,
            readings,
            status: watch::Sender::new(ClusterStatus::Up),
        };
        (Cluster::over(Arc::new(scripted)), asked)
    }
}

impl Backend for Scripted {
    fn attach<'a>(
        &'a self,
        _: &'a str,
        _: Retention,
        _: Weak<dyn Sink>,
    ) -> BoxFuture<'a, Result<Option<Position>, ClusterError>> {
        ready(Ok(Some(self.head))).boxed()
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
        ready(Ok(Roll::default())).boxed()
    }

    fn has_room(&self) -> bool {
        true
    }

    fn status(&self) -> watch::Receiver<ClusterStatus> {
        self.status.subscribe()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
