//! The program of the page about deployment, `ws-core/src/docs/deployment.md`.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use futures_util::{FutureExt, poll};
use rustix::process::{Signal, getpid, kill_process};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::{Peer, ask, within};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use ws_core::{Channel, Client, HandlerError, Handlers, MemoryHub, WsEvent, WsUpgrade};

include!("deployment_page.rs");

/// Something that takes its time.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Work {}

/// Everybody hears that it is done.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Worked {}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "room")]
enum FromClient {
    Work(Work),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "room")]
enum FromServer {
    Worked(Worked),
}

ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });

#[derive(Clone)]
struct Session {
    room: Channel<Room>,
    begun: UnboundedSender<()>,
    gate: Arc<Semaphore>,
}

async fn upgrade(
    ws: WsUpgrade,
    State((server, session)): State<(Server<Room, Session>, Session)>,
) -> Response {
    ws.accept(&server, session)
}

async fn connected(client: Client<Room, Session>) -> Result<(), HandlerError> {
    Ok(client
        .session()
        .room
        .register_client("ana", &client)
        .await?)
}

async fn work(client: Client<Room, Session>, _: Work) -> Result<(), HandlerError> {
    let Session { room, begun, gate } = client.session();
    begun.send(())?;
    gate.acquire().await?.forget();
    Ok(room.broadcast(&Worked {})?)
}

/// A node that runs until it is told to end.
struct Running {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    ended: JoinHandle<io::Result<()>>,
}

impl Running {
    async fn start(cluster: Cluster, begun: UnboundedSender<()>, gate: Arc<Semaphore>) -> Self {
        let handlers = Handlers::new().handle_message(work);
        let server = Server::new(handlers.on_connected(connected).build());
        let room = cluster.channel("room");
        let session = Session { room, begun, gate };
        let app = Router::new()
            .route("/ws", get(upgrade))
            .with_state((server.clone(), session));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, told) = oneshot::channel();
        let told = told.map(|told| told.map_err(io::Error::other));
        Self {
            address,
            end,
            ended: tokio::spawn(serve(listener, app, server, cluster, told)),
        }
    }
}

async fn health(address: SocketAddr) -> u16 {
    let answer = ask(address, "GET /health HTTP/1.1\r\nHost: test\r\n\r\n").await;
    answer.status
}

/// The next message with this member, or event of this name.
async fn next(peer: &mut Peer, kind: &str) -> Value {
    loop {
        let message = peer.next().await;
        if message["event"] == kind || message.get(kind).is_some() {
            return message;
        }
    }
}

#[test]
fn the_page_shows_the_program_that_is_tested_here() {
    let page = include_str!("../../ws-core/src/docs/deployment.md");
    let program = include_str!("deployment_page.rs");
    assert!(
        page.contains(program),
        "deployment.md and deployment_page.rs differ"
    );
}

#[tokio::test]
async fn a_node_that_is_told_to_end_finishes_what_runs_and_hands_it_on_and_takes_nobody_else() {
    let (begun, mut begins) = unbounded_channel();
    let (hub, gate) = (MemoryHub::new(), Arc::new(Semaphore::new(0)));
    let ending = Running::start(hub.node(), begun.clone(), Arc::clone(&gate)).await;
    let other = Running::start(hub.node(), begun, Arc::clone(&gate)).await;
    let mut here = Peer::session(ending.address, "/ws").await;
    let mut there = Peer::session(other.address, "/ws").await;
    for peer in [&mut here, &mut there] {
        next(peer, "joined").await;
    }
    assert_eq!(health(ending.address).await, 200);
    here.send(json!({ "event": "room.work" })).await;
    within("the work", begins.recv()).await.unwrap();

    let Running {
        address,
        end,
        ended,
    } = ending;
    end.send(()).unwrap();
    within("the health check to leave it out", async {
        while health(address).await != 503 {}
    })
    .await;
    assert_eq!(Peer::connect(address, "/ws", None).await.err(), Some(503));

    gate.add_permits(1);
    next(&mut there, "room.worked").await;
    assert_eq!(here.closed().await.0, 4001);
    within("the end", ended).await.unwrap().unwrap();

    assert_eq!(health(other.address).await, 200);
    other.end.send(()).unwrap();
    assert_eq!(there.closed().await.0, 4001);
    within("the end", other.ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_an_operator_sends_to_end_a_program_ends_it() {
    let mut told = pin!(told_to_end());
    // From here on the signal is waited for, and ends nothing else.
    assert!(poll!(&mut told).is_pending());
    kill_process(getpid(), Signal::TERM).unwrap();
    within("the signal", told).await.unwrap();
}
