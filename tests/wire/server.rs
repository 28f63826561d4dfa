//! A server of the contract, and what its `on_error` was told.

use std::future::pending;
use std::net::IpAddr;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;
use tests::{Peer, RawPeer, Served, Transport, serve_over, serve_with_addresses, within};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ws_core::{Client, HandlerError, Handlers, Limits, SendError, Server, WsUpgrade};

use crate::contract::{
    ChatMsg, GetParticipant, Hang, HangQuietly, Panic, PanicQuietly, Participant, ParticipantError,
    Place, Placed, PrivateError, SendMsg, SendPrivate, Sent, Signout, Wire,
};

type Guest = Client<Wire, ()>;

/// What `on_error` was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) event: Option<String>,
    pub(crate) message: String,
    pub(crate) kind: String,
}

/// A server that runs.
pub(crate) struct Running {
    served: Served,
    pub(crate) server: Server<Wire, ()>,
    errors: UnboundedReceiver<Told>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::over(Transport::Socket, limits).await
    }

    pub(crate) async fn over(transport: Transport, limits: Limits) -> Self {
        Self::serve(limits, |app| serve_over(transport, app)).await
    }

    /// A server whose requests know from which address they come.
    pub(crate) async fn with_addresses(limits: Limits) -> Self {
        Self::serve(limits, serve_with_addresses).await
    }

    async fn serve(limits: Limits, serve: impl AsyncFnOnce(Router) -> Served) -> Self {
        let (tell, errors) = unbounded_channel();
        let server = Server::new(handlers(tell)).with_limits(limits);
        let app = Router::new()
            .route("/ws", get(accept))
            .route("/from/{address}", get(accept_from))
            .route("/named", get(accept_named))
            .route("/any", get(accept_any))
            .route("/misnamed", get(accept_misnamed))
            .with_state(server.clone());
        Self {
            served: serve(app).await,
            server,
            errors,
        }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.served.address()
    }

    pub(crate) async fn bare(&self) -> Peer {
        Peer::bare(self.address(), "/ws").await
    }

    pub(crate) async fn session(&self) -> Peer {
        Peer::session(self.address(), "/ws").await
    }

    pub(crate) async fn session_saying(&self, hello: Value) -> Peer {
        Peer::session_with(self.address(), "/ws", hello).await
    }

    pub(crate) async fn silent_session(&self) -> Peer {
        Peer::silent_session(self.address(), "/ws").await
    }

    pub(crate) async fn raw(&self) -> RawPeer {
        RawPeer::connect(self.address(), "/ws").await
    }

    pub(crate) async fn raw_session(&self) -> RawPeer {
        RawPeer::silent_session(self.address(), "/ws").await
    }

    /// The next call of `on_error`.
    pub(crate) async fn told(&mut self) -> Told {
        within("a call of `on_error`", self.errors.recv())
            .await
            .unwrap()
    }
}

/// A client that works as if nothing had happened.
pub(crate) async fn assert_lives(peer: &mut Peer) {
    peer.request(99, "participants.info", serde_json::json!({ "id": "ana" }))
        .await;
    assert_eq!(peer.answer(99).await["data"]["id"], "ana");
}

async fn accept(ws: WsUpgrade, State(server): State<Server<Wire, ()>>) -> Response {
    ws.accept(&server, ())
}

/// As behind a proxy, which says from which address the client comes.
async fn accept_from(
    ws: WsUpgrade,
    Path(address): Path<IpAddr>,
    State(server): State<Server<Wire, ()>>,
) -> Response {
    ws.with_client_address(address).accept(&server, ())
}

async fn accept_named(ws: WsUpgrade, State(server): State<Server<Wire, ()>>) -> Response {
    ws.with_allowed_origins(["https://app.example.com", "http://localhost:5173"])
        .accept(&server, ())
}

async fn accept_any(ws: WsUpgrade, State(server): State<Server<Wire, ()>>) -> Response {
    ws.with_any_origin().accept(&server, ())
}

async fn accept_misnamed(ws: WsUpgrade, State(server): State<Server<Wire, ()>>) -> Response {
    ws.with_allowed_origins(["app.example.com"])
        .accept(&server, ())
}

fn handlers(tell: UnboundedSender<Told>) -> Handlers<Wire, ()> {
    Handlers::new()
        .handle_message(msg)
        .handle_message(private)
        .handle_message(info)
        .handle_message(async |guest: Guest, _: Signout| guest.disconnect())
        .handle_message(place)
        .handle_message(fail)
        .handle_message(fail_quietly)
        .handle_message(async |_: Guest, _: Hang| -> Placed { pending().await })
        .handle_message(async |_: Guest, _: HangQuietly| pending::<()>().await)
        .on_error(move |_, error| {
            drop(tell.send(Told {
                event: error.event().map(str::to_owned),
                message: error.message().to_owned(),
                kind: error.kind().to_string(),
            }));
        })
        .build()
}

async fn msg(guest: Guest, msg: SendMsg) -> Result<(), SendError> {
    let length = u32::try_from(msg.text.chars().count()).unwrap_or(u32::MAX);
    guest.send(&ChatMsg { length })
}

/// The user who cannot be looked up.
pub(crate) const OUT_OF_REACH: &str = "out-of-reach";

async fn private(_: Guest, msg: SendPrivate) -> Result<Result<Sent, PrivateError>, HandlerError> {
    match msg.to.as_str() {
        "ana" => Ok(Ok(Sent {
            sent_at: "2026-11-23T09:45:00Z".into(),
        })),
        OUT_OF_REACH => Err(HandlerError::new("the secret database is away")),
        _ => Ok(Err(PrivateError::NotHere)),
    }
}

async fn info(_: Guest, ask: GetParticipant) -> Result<Participant, ParticipantError> {
    match ask.id.as_str() {
        "ana" => Ok(Participant {
            id: ask.id,
            name: "ana".into(),
            connected_at: "2026-11-23T09:44:10Z".into(),
            connections: 1,
        }),
        _ => Err(ParticipantError::NotFound),
    }
}

async fn place(_: Guest, place: Place) -> Placed {
    Placed {
        count: u32::try_from(place.points.len()).unwrap_or(u32::MAX),
    }
}

async fn fail(_: Guest, fault: Panic) -> Placed {
    panic!("{}", fault.message)
}

async fn fail_quietly(_: Guest, _: PanicQuietly) {
    panic!("quietly")
}
