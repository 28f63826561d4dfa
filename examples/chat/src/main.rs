//! A chat room in the browser: the whole path from Rust types to a page that people use.
//!
//! - `contract`: what the page and the server say to each other
//! - `room`: the handlers
//! - `door`: who may come in, and under which name
//! - `page`: the files of the page, inside the program
//! - `metrics`: what operators watch, at `/metrics`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use clap::Parser;
use tokio::net::TcpListener;
use ws_core::{Cluster, Server};

mod contract;
mod door;
mod metrics;
mod page;
mod room;

/// How long running handlers have to finish when the server is told to end.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// A chat room in the browser.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The address to listen on; port 0 is a free one.
    #[arg(long, env = "WS_LISTEN", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    // With many busy connections, tokio's default leaves new work waiting behind that of a worker's own queue.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .global_queue_interval(1)
        .enable_all()
        .build();
    let served = runtime.and_then(|runtime| runtime.block_on(serve(&options)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("cannot serve on {}: {error}", options.listen);
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options) -> std::io::Result<()> {
    // First, because everything else takes its counters from it.
    let metrics = metrics::install().map_err(std::io::Error::other)?;
    let room = room::open(&Cluster::in_memory());
    let server = Server::new(room::handlers());
    let app = Router::new()
        .route("/ws", get(door::upgrade))
        .route("/ws/contract.json", get(page::contract))
        .route("/metrics", get(metrics::show).with_state(metrics.clone()))
        .with_state(door::Door {
            room,
            server: server.clone(),
        })
        .fallback(page::file);

    let listener = TcpListener::bind(options.listen).await?;
    announce(listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, app).into_future() => return served,
        told = told_to_end() => told?,
        () = metrics::keep_up(&metrics) => {}
    }
    room::say_goodbye(&server);
    server.shutdown(SHUTDOWN).await;
    Ok(())
}

/// Waits for what an operator or a terminal sends to end a program.
async fn told_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[expect(
    clippy::print_stdout,
    reason = "the one line that says where to point the browser"
)]
fn announce(address: SocketAddr) {
    println!("The chat is at http://{address}/ - open it in two windows.");
}
