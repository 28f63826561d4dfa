//! This library's nodes, each with clients that are connected to it inside of this process: what remains is the cluster.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::serve::Listener;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use ws_core::{
    Channel, Client, Cluster, ClusterError, Handlers, RedisOptions, RegisterError, Server,
    WsUpgrade,
};

use super::hearing::Hearing;
use crate::contract::{Bench, Broadcast, Echo};
use crate::load::{LoadError, frame, wrong};

/// What the pipe to a client holds, like a socket's buffer.
const PIPE: usize = 256 * 1024;

/// A node with the channel that `bench-server` has, too.
pub(super) struct Node {
    pub(super) channel: Channel<Bench>,
    door: mpsc::Sender<DuplexStream>,
    joined: Arc<AtomicUsize>,
    serving: JoinHandle<io::Result<()>>,
}

#[derive(Debug)]
struct User {
    id: String,
    channel: Channel<Bench>,
    joined: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Application {
    server: Server<Bench, User>,
    channel: Channel<Bench>,
    joined: Arc<AtomicUsize>,
}

#[derive(Deserialize)]
struct Asked {
    user: String,
}

impl Node {
    pub(super) async fn start(options: RedisOptions) -> Result<Self, ClusterError> {
        let channel: Channel<Bench> = Cluster::redis(options).await?.channel("bench");
        let joined = Arc::new(AtomicUsize::new(0));
        let handlers = Handlers::<Bench, User>::new()
            .handle_message(async |_: Client<Bench, User>, _: Echo| {})
            .handle_message(async |_: Client<Bench, User>, _: Broadcast| {})
            .on_connected(join)
            .build();
        let application = Application {
            server: Server::new(handlers),
            channel: channel.clone(),
            joined: Arc::clone(&joined),
        };
        let app = Router::new()
            .route("/ws", get(enter))
            .with_state(application);
        let (door, visitors) = mpsc::channel(64);
        Ok(Self {
            channel,
            door,
            joined,
            serving: tokio::spawn(axum::serve(Door(visitors), app).into_future()),
        })
    }

    /// How many clients have joined the channel.
    pub(super) fn joined(&self) -> usize {
        self.joined.load(Ordering::Relaxed)
    }

    /// Connects a client.
    pub(super) async fn connect(&self, user: &str) -> Result<DuplexStream, LoadError> {
        let (mut stream, theirs) = duplex(PIPE);
        if self.door.send(theirs).await.is_err() {
            return wrong("a node does not serve any more");
        }
        let request = format!(
            "GET /ws?user={user} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        // Byte by byte: what follows belongs to the frames.
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        if !head.starts_with(b"HTTP/1.1 101 ") {
            return wrong(format!("a node said {}", String::from_utf8_lossy(&head)));
        }
        Ok(stream)
    }

    /// Connects a client that joins, and hears all there is.
    pub(super) async fn listen(
        &self,
        user: &str,
        hearing: Arc<Hearing>,
    ) -> Result<Listening, LoadError> {
        let before = self.joined();
        let stream = self.connect(user).await?;
        while self.joined() == before {
            sleep(Duration::from_millis(1)).await;
        }
        Ok(Listening(tokio::spawn(async move {
            if let Err(error) = hear(stream, &hearing).await {
                hearing.fail(error.to_string());
            }
        })))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A client that hears, until this is dropped.
#[must_use]
pub(super) struct Listening(JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn hear(mut stream: DuplexStream, hearing: &Hearing) -> Result<(), LoadError> {
    let mut buffer = Vec::with_capacity(PIPE);
    loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            return wrong("a node closed a connection");
        }
        let mut messages = Vec::new();
        let mut pings = Vec::new();
        let taken = frame::take(&buffer, |opcode, payload| {
            match opcode {
                frame::TEXT => messages.push(payload),
                frame::PING => pings.extend(frame::masked(frame::PONG, payload)?),
                _ => return wrong("a node closed a connection"),
            }
            Ok(())
        })?;
        if !messages.is_empty() {
            hearing.hear(messages);
        }
        buffer.drain(..taken);
        stream.write_all(&pings).await?;
    }
}

async fn enter(
    ws: WsUpgrade,
    Query(asked): Query<Asked>,
    State(application): State<Application>,
) -> Response {
    let user = User {
        id: asked.user,
        channel: application.channel,
        joined: application.joined,
    };
    ws.accept(&application.server, user)
}

async fn join(client: Client<Bench, User>) -> Result<(), RegisterError> {
    let user = client.session();
    user.channel.register_client(&user.id, &client).await?;
    user.joined.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// Where clients come in.
struct Door(mpsc::Receiver<DuplexStream>);

impl Listener for Door {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            // The node is gone, and this with it.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

impl From<ClusterError> for LoadError {
    fn from(error: ClusterError) -> Self {
        Self::Wrong(format!("the cluster: {error}"))
    }
}
