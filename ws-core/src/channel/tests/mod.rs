//! Channels with connections but without sockets: who is sent what, in races that a socket would hide.

mod case;
mod cluster;
mod delivery;
mod disconnect;
mod early;
mod fuzz;
mod held;
mod inflow;
mod leaving;
mod orders;
mod orders_fuzz;
mod outage_fuzz;
mod presence;
mod registration;
mod returning;
mod scripted;
mod slow;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::core::Core;
use crate::client::{Common, Connection};
use crate::cluster::{Cluster, Message, Retention, Target};
use crate::error::SendError;
use crate::event::WhenSlow;
use crate::limits::Limits;
use crate::metrics::SentMetrics;
use crate::protocol::{Hello, Lent, Position, Seen, Text};

fn core(cluster: &Cluster) -> Arc<Core> {
    core_with(cluster, Retention::default())
}

fn core_with(cluster: &Cluster, retention: Retention) -> Arc<Core> {
    let (backend, tasks) = (Arc::clone(cluster.backend()), Arc::clone(cluster.tasks()));
    let metrics = SentMetrics::new("test", &[]);
    Core::new(
        "test/room".into(),
        "room".into(),
        retention,
        backend,
        tasks,
        metrics,
    )
}

fn connection(outbox: usize, hello: Option<Hello>) -> Arc<Connection> {
    let limits = Limits::default()
        .with_outbox_bytes(outbox)
        .with_channels_per_client(2);
    Arc::new(Connection::new(Common::for_tests(limits), None, hello))
}

fn bare() -> Arc<Connection> {
    connection(1 << 20, None)
}

fn session(resume: Option<Option<Position>>) -> Arc<Connection> {
    session_that_saw(resume.map(|position| position.map(Seen::from)))
}

fn session_that_saw(resume: Option<Option<Seen>>) -> Arc<Connection> {
    let hello = Hello {
        resume: resume
            .map(|seen| ("room".to_owned(), seen))
            .into_iter()
            .collect(),
        ..Hello::default()
    };
    connection(1 << 20, Some(hello))
}

fn message(target: Target, text: &str) -> Message {
    let event = format!(r#"{{"event":"said","data":"{text}"}}"#);
    Message::Event {
        target,
        event: Text::from(event),
    }
}

fn lend(event: &str) -> Lent<'_> {
    Lent {
        bytes: event.as_bytes(),
        when_slow: WhenSlow::default(),
        ephemeral: false,
    }
}

fn send(core: &Core, target: Target, text: &str) -> Result<(), SendError> {
    let event = format!(r#"{{"event":"said","data":"{text}"}}"#);
    core.send(target, lend(&event))
}

fn send_local(core: &Core, except: Option<&str>, event: &str) -> Result<(), SendError> {
    core.send_local(except, lend(event))
}

fn say(core: &Core, text: &str) {
    send(core, Target::All, text).unwrap();
}

/// Waits until nothing is left to do for a channel.
async fn settle(core: &Core) {
    let settled = async {
        while !core.is_quiet() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), settled).await.unwrap();
}

/// What a connection was sent, in short: the text of an event, or the kind of another message.
fn sent(connection: &Connection) -> Vec<String> {
    let messages = connection.outbox.take();
    let messages = messages.iter().map(|message| {
        let message: Value = serde_json::from_str(message.as_str()).unwrap();
        let kind = message.as_object().unwrap().keys().next().unwrap().clone();
        message["data"].as_str().map_or(kind, str::to_owned)
    });
    let closing = connection.outbox.closing();
    let code = closing.map(|close| close.code().number().to_string());
    messages.chain(code).collect()
}

/// The position in the last message that has one.
fn last_position(connection: &Connection) -> Position {
    let mut position = None;
    for message in connection.outbox.take() {
        let message: Value = serde_json::from_str(message.as_str()).unwrap();
        let found = [&message["pos"], &message["joined"]["pos"]]
            .into_iter()
            .find(|found| found.is_string());
        position = found.cloned().or(position);
    }
    serde_json::from_value::<Seen>(position.unwrap())
        .unwrap()
        .at
}

/// The position that `joined` told, which stays in the outbox.
fn first_position(connection: &Connection) -> Position {
    let mut messages = connection.outbox.take().into_iter();
    let first: Value = serde_json::from_str(messages.next().unwrap().as_str()).unwrap();
    for message in messages {
        connection.outbox.push(message).unwrap();
    }
    serde_json::from_value::<Seen>(first["joined"]["pos"].clone())
        .unwrap()
        .at
}

/// Polls a future once, and drops it where it is not ready.
fn abandon(future: impl Future) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(pin!(future).poll(&mut context), Poll::Pending)
}
