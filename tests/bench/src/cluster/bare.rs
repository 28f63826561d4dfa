//! Bare `PUBLISH`: what there is without a library, without order and history.

use std::sync::Arc;

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

/// Subscribers with a connection each, and a connection that all who publish share.
pub(super) struct Bare {
    publisher: MultiplexedConnection,
    /// Held, because they end with their connections.
    subscribers: Vec<MultiplexedConnection>,
}

impl Bare {
    /// Subscribes for each of these.
    pub(super) async fn start(url: &str, hearings: &[Arc<Hearing>]) -> Result<Self, LoadError> {
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
            publisher: client.get_multiplexed_async_connection().await?,
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
        let receivers: usize = command.query_async(&mut self.publisher.clone()).await?;
        if receivers != self.subscribers.len() {
            return wrong(format!("Redis published to {receivers}"));
        }
        Ok(())
    }
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
