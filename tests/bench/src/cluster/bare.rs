//! Bare `PUBLISH`: what there is without a library, without order and history.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, Value};
use serde::Serialize;

use super::hearing::Hearing;
use crate::contract::Broadcast;
use crate::load::{LoadError, wrong};

const TOPIC: &str = "bench";

#[derive(Serialize)]
struct Event<'a> {
    event: &'a str,
    data: &'a Broadcast,
}

/// Subscribers with a connection each, and the connections of those who publish.
pub(super) struct Bare {
    publishers: Publishers,
    /// Held, because they end with their connections.
    subscribers: Vec<MultiplexedConnection>,
}

/// How those who publish are connected.
enum Publishers {
    /// All by one connection, which writes at once what they ask for meanwhile.
    Sharing(MultiplexedConnection),
    /// Each by one of their own, so that nothing is batched. Who publishes takes one, and puts it back.
    Apart(Mutex<Vec<MultiplexedConnection>>),
}

impl Bare {
    /// Subscribes for each of these. Who publishes shares a connection with all others.
    pub(super) async fn start(url: &str, hearings: &[Arc<Hearing>]) -> Result<Self, LoadError> {
        let client = Client::open(url)?;
        let publisher = client.get_multiplexed_async_connection().await?;
        Self::with(Publishers::Sharing(publisher), url, hearings).await
    }

    /// The same, where each of so many who publish has a connection.
    pub(super) async fn start_apart(
        url: &str,
        hearings: &[Arc<Hearing>],
        callers: usize,
    ) -> Result<Self, LoadError> {
        let client = Client::open(url)?;
        let mut connections = Vec::new();
        for _ in 0..callers {
            connections.push(client.get_multiplexed_async_connection().await?);
        }
        Self::with(Publishers::Apart(Mutex::new(connections)), url, hearings).await
    }

    async fn with(
        publishers: Publishers,
        url: &str,
        hearings: &[Arc<Hearing>],
    ) -> Result<Self, LoadError> {
        // The third version of the protocol has pushes.
        let client = Client::open(format!("{url}?protocol=resp3"))?;
        let mut subscribers = Vec::new();
        for hearing in hearings {
            let hearing = Arc::clone(hearing);
            let config = AsyncConnectionConfig::new().set_push_sender(move |push: PushInfo| {
                take(&hearing, &push);
                Ok::<(), redis::aio::SendError>(())
            });
            let connecting = client.get_multiplexed_async_connection_with_config(&config);
            let mut subscriber = connecting.await?;
            subscriber.subscribe(TOPIC).await?;
            subscribers.push(subscriber);
        }
        Ok(Self {
            publishers,
            subscribers,
        })
    }

    /// Publishes, and waits until Redis has.
    pub(super) async fn publish(&self, message: &Broadcast) -> Result<(), LoadError> {
        let event = Event {
            event: "bcast.msg",
            data: message,
        };
        let text = serde_json::to_string(&event).map_err(std::io::Error::other)?;
        let mut command = redis::cmd("PUBLISH");
        command.arg(TOPIC).arg(text);
        let receivers: usize = match &self.publishers {
            Publishers::Sharing(connection) => command.query_async(&mut connection.clone()).await?,
            Publishers::Apart(idle) => {
                let Some(mut connection) = lock(idle).pop() else {
                    return wrong("more publish than have a connection");
                };
                let receivers = command.query_async(&mut connection).await?;
                lock(idle).push(connection);
                receivers
            }
        };
        if receivers != self.subscribers.len() {
            return wrong(format!("Redis published to {receivers}"));
        }
        Ok(())
    }
}

fn lock(idle: &Mutex<Vec<MultiplexedConnection>>) -> MutexGuard<'_, Vec<MultiplexedConnection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(hearing: &Hearing, push: &PushInfo) {
    match (&push.kind, &*push.data) {
        (PushKind::Message, [_, Value::BulkString(message)]) => hearing.hear([&**message]),
        (PushKind::Disconnection, _) => hearing.fail("a subscriber lost Redis".to_owned()),
        _ => {}
    }
}

impl From<RedisError> for LoadError {
    fn from(error: RedisError) -> Self {
        Self::Wrong(format!("Redis: {error}"))
    }
}
