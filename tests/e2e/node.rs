//! One node: a server, its rooms, and what its handlers and hooks have noted.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use tests::{Peer, RawPeer, Served, Transport, serve_over, within};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ws_core::{Channel, Cluster, Limits, Retention, Server, WsUpgrade};

use crate::contract::House;
use crate::handlers::handlers;

/// What happened on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    Began(String),
    Ended(String),
    /// The handler was dropped before its end.
    Dropped(String),
    /// A user's connection has ended, with this code.
    Disconnected(String, u16),
    Error(String),
}

/// What a connection knows of itself.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) user: String,
    pub(crate) rooms: Vec<Channel<House>>,
    pub(crate) notes: UnboundedSender<Note>,
    /// What work that waits is waiting for.
    pub(crate) gate: Arc<Semaphore>,
}

/// How a node differs from others.
pub(crate) struct Setup {
    pub(crate) cluster: Cluster,
    pub(crate) limits: Limits,
    pub(crate) retention: Retention,
    pub(crate) transport: Transport,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            cluster: Cluster::in_memory(),
            limits: Limits::default(),
            retention: Retention::default(),
            transport: Transport::default(),
        }
    }
}

/// A node that runs.
pub(crate) struct Node {
    served: Served,
    pub(crate) server: Server<House, Visitor>,
    pub(crate) room: Channel<House>,
    pub(crate) gate: Arc<Semaphore>,
    notes: UnboundedReceiver<Note>,
}

#[derive(Clone)]
struct Door {
    server: Server<House, Visitor>,
    cluster: Cluster,
    retention: Retention,
    notes: UnboundedSender<Note>,
    gate: Arc<Semaphore>,
}

#[derive(Deserialize)]
struct Asked {
    user: String,
    /// The names of rooms, separated by commas.
    rooms: Option<String>,
}

impl Node {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let Setup {
            cluster,
            limits,
            retention,
            transport,
        } = setup;
        let (sender, notes) = unbounded_channel();
        let server = Server::new(handlers()).with_limits(limits);
        let room = cluster.channel_with("room", retention);
        let gate = Arc::new(Semaphore::new(0));
        let door = Door {
            server: server.clone(),
            cluster,
            retention,
            notes: sender,
            gate: Arc::clone(&gate),
        };
        let app = Router::new().route("/ws", get(enter)).with_state(door);
        Self {
            served: serve_over(transport, app).await,
            server,
            room,
            gate,
            notes,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// A bare client of this user, registered in the room.
    pub(crate) async fn enter(&self, user: &str) -> Peer {
        self.enter_rooms(user, "room").await
    }

    /// A bare client of this user, registered in these rooms.
    pub(crate) async fn enter_rooms(&self, user: &str, rooms: &str) -> Peer {
        let path = format!("/ws?user={user}&rooms={rooms}");
        let mut peer = Peer::bare(self.address(), &path).await;
        peer.next_event("app.ready").await;
        peer
    }

    /// A session client of this user, which says this `hello`. What it is told of the room has not been read yet.
    pub(crate) async fn greet(&self, user: &str, hello: Value) -> Peer {
        Peer::session_with(self.address(), &path(user), hello).await
    }

    /// A client made of bytes, registered in the room.
    pub(crate) async fn enter_raw(&self, user: &str) -> RawPeer {
        let mut peer = RawPeer::connect(self.address(), &path(user)).await;
        assert!(peer.read_text().await.contains("app.ready"));
        peer
    }

    /// Whether a new client is taken, and if not, with which status it is refused.
    pub(crate) async fn try_enter(&self, user: &str) -> Result<Peer, u16> {
        Peer::connect(self.address(), &path(user), None).await
    }

    /// Throws away what was noted so far.
    pub(crate) fn forget_notes(&mut self) {
        while self.notes.try_recv().is_ok() {}
    }

    /// The next note.
    pub(crate) async fn noted(&mut self) -> Note {
        within("a note", self.notes.recv()).await.unwrap()
    }
}

fn path(user: &str) -> String {
    format!("/ws?user={user}")
}

async fn enter(ws: WsUpgrade, Query(asked): Query<Asked>, State(door): State<Door>) -> Response {
    let names = asked.rooms.unwrap_or_else(|| "room".to_owned());
    let rooms = names
        .split(',')
        .map(|name| door.cluster.channel_with(name, door.retention))
        .collect();
    let visitor = Visitor {
        user: asked.user,
        rooms,
        notes: door.notes,
        gate: door.gate,
    };
    ws.accept(&door.server, visitor)
}
