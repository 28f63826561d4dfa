//! This library under load, with everything on: typed payloads with limits, a session, one channel with history and
//! presence. The WebSocket is at `/ws`, and a client without any SDK may send at once:
//!
//! ```json
//! {"event":"echo.msg","data":{"room":"bench","id":1,"user":"ana","text":"hello","ts":1764000000000}}
//! ```

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bench::contract::{Bench, Broadcast, Echo};
use clap::Parser;
use tokio::net::TcpListener;
use ws_core::{
    Channel, Client, Cluster, Handlers, Presence, RedisOptions, RegisterError, SendError, Server,
    WsUpgrade,
};

/// The server of the contract `bench` (schemas/bench.json), at /ws: `echo.msg` comes back to its sender, `bcast.msg` goes
/// to everyone.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The address to listen on; port 0 is a free one. It is printed.
    #[arg(long, default_value = "127.0.0.1:3002")]
    listen: SocketAddr,
    /// How many threads serve. [default: one for each core]
    #[arg(long)]
    workers: Option<std::num::NonZeroUsize>,
    /// The Redis that connects it with its other nodes. [default: none, it is alone]
    #[arg(long)]
    redis: Option<String>,
    /// For how many seconds the other nodes believe that it is there, after its last sign of life.
    #[arg(long, default_value_t = 9)]
    lease: u64,
}

/// What a connection knows of itself.
#[derive(Debug)]
struct User {
    id: String,
    channel: Channel<Bench>,
}

type Peer = Client<Bench, User>;

#[derive(Debug, Clone)]
struct Application {
    server: Server<Bench, User>,
    channel: Channel<Bench>,
    came: Arc<AtomicU64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = options.workers {
        builder.worker_threads(workers.get());
    }
    // With many busy connections, tokio's default leaves new work waiting behind that of a worker's own queue.
    let runtime = builder.global_queue_interval(1).enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serve(&options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-server: cannot serve on {}: {error}", options.listen);
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options) -> std::io::Result<()> {
    let cluster = match &options.redis {
        None => Cluster::in_memory(),
        Some(url) => {
            let options = RedisOptions::new(url).with_lease(Duration::from_secs(options.lease));
            let connected = Cluster::redis(options).await;
            connected.map_err(std::io::Error::other)?
        }
    };
    let channel: Channel<Bench> = cluster.channel("bench");
    let present = AtomicU64::new(0);
    channel.on_presence(move |_, change| {
        match change {
            Presence::Joined(_) => present.fetch_add(1, Ordering::Relaxed),
            Presence::Left(_) => present.fetch_sub(1, Ordering::Relaxed),
        };
    });
    let handlers = Handlers::new()
        .handle_message(echo)
        .handle_message(broadcast)
        .on_connected(join)
        .build();
    let application = Application {
        server: Server::new(handlers),
        channel,
        came: Arc::default(),
    };
    let app = Router::new()
        .route("/ws", get(upgrade))
        .with_state(application);
    let listener = TcpListener::bind(options.listen).await?;
    announce(listener.local_addr()?);
    axum::serve(listener, app).await
}

/// Every connection is a user of its own.
async fn upgrade(ws: WsUpgrade, State(application): State<Application>) -> Response {
    let number = application.came.fetch_add(1, Ordering::Relaxed);
    let user = User {
        id: format!("user-{number}"),
        channel: application.channel,
    };
    ws.accept(&application.server, user)
}

async fn join(peer: Peer) -> Result<(), RegisterError> {
    let me = peer.session();
    me.channel.register_client(&me.id, &peer).await
}

async fn echo(peer: Peer, message: Echo) -> Result<(), SendError> {
    peer.send(&message)
}

async fn broadcast(peer: Peer, message: Broadcast) -> Result<(), SendError> {
    peer.session().channel.broadcast(&message)
}

#[expect(
    clippy::print_stdout,
    reason = "the one line that says where to connect"
)]
fn announce(address: SocketAddr) {
    println!("listening on {address}");
}
