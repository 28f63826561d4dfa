//! What the Rust peers have in common: the application, and a loop for libraries whose sockets are streams and sinks.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::Parser;
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The command line of every peer.
#[derive(Debug, Parser)]
pub struct Options {
    /// The address to listen on; port 0 is a free one. It is printed.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The size of the read and write buffers, where the library can be told. [default: the library's]
    #[arg(long)]
    pub buffers: Option<usize>,
    /// The Redis that connects it with other nodes, where it is one of several.
    #[arg(long)]
    pub redis: Option<String>,
}

/// Runs a server on tokio's multi-threaded runtime with one worker, otherwise as `#[tokio::main]` would.
pub fn run<F: Future<Output = std::io::Result<()>>>(
    serve: impl FnOnce(Options, TcpListener) -> F,
) -> std::io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await?;
        println!("listening on {}", listener.local_addr()?);
        serve(options, listener).await
    })
}

/// What every message carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Payload {
    pub room: String,
    pub id: u64,
    pub user: String,
    pub text: String,
    pub ts: u64,
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Serialize)]
struct Outgoing<'a> {
    event: &'a str,
    data: &'a Payload,
}

/// What is to be done about a message.
pub enum Answer {
    ToSender(String),
    ToEveryone(String),
}

/// Decodes a message into its type, and encodes what goes out.
pub fn answer(text: &str) -> serde_json::Result<Option<Answer>> {
    let Incoming { event, data } = serde_json::from_str(text)?;
    let data: Payload = serde_json::from_str(data.get())?;
    let encoded = serde_json::to_string(&Outgoing {
        event: &event,
        data: &data,
    })?;
    Ok(match &*event {
        "echo.msg" => Some(Answer::ToSender(encoded)),
        "bcast.msg" => Some(Answer::ToEveryone(encoded)),
        _ => None,
    })
}

/// Everyone who is connected, each with a queue.
pub struct Room<M> {
    next: AtomicU64,
    members: Mutex<HashMap<u64, mpsc::UnboundedSender<M>>>,
}

impl<M> Default for Room<M> {
    fn default() -> Self {
        Self {
            next: AtomicU64::default(),
            members: Mutex::default(),
        }
    }
}

impl<M: Clone> Room<M> {
    fn join(&self) -> (u64, mpsc::UnboundedReceiver<M>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(id, sender);
        (id, receiver)
    }

    fn broadcast(&self, message: &M) {
        for member in self.lock().values() {
            // A member whose receiver is gone is about to leave.
            drop(member.send(message.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, mpsc::UnboundedSender<M>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves one connection: one task, one queue, and one flush for everything that is there at the moment. Answers are fed
/// after all of it was read, because a library may flush whenever it is read from.
pub async fn serve<S, M, E: Debug>(
    mut socket: S,
    room: &Room<M>,
    text_of: impl Fn(&M) -> Option<&str>,
    message_of: impl Fn(String) -> M,
) where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin,
    M: Clone,
{
    let (id, mut queue) = room.join();
    let mut batch = Vec::new();
    let _ended: Option<()> = async {
        loop {
            tokio::select! {
                received = socket.next() => {
                    let mut next = Some(received);
                    while let Some(received) = next {
                        let message = received?.ok()?;
                        if let Some(text) = text_of(&message) {
                            match answer(text).ok()? {
                                Some(Answer::ToSender(text)) => batch.push(message_of(text)),
                                Some(Answer::ToEveryone(text)) => room.broadcast(&message_of(text)),
                                None => {}
                            }
                        }
                        next = socket.next().now_or_never();
                    }
                }
                _ = queue.recv_many(&mut batch, 256) => {}
            }
            for message in batch.drain(..) {
                socket.feed(message).await.ok()?;
            }
            socket.flush().await.ok()?;
        }
    }
    .await;
    room.lock().remove(&id);
}
