//! Two nodes of the chat over one Redis, side by side on one page.
//!
//! Each node is a separate server on its own port, and the two only know each other through Redis. If this program started
//! Redis, the page can stop and start it, and shows what happens to the room in the meantime.
//!
//! - `redis`: the Redis to use, started here or elsewhere
//! - `page`: what is shown

mod page;
mod redis;

use std::env;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use chat::{History, Metrics, Node, told_to_end};
use clap::Parser;
use tokio::net::TcpListener;
use ws_core::Cluster;

use crate::page::Shown;
use crate::redis::Redis;

/// Two nodes of the chat over one Redis, side by side on one page.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The address of the page; port 0 picks a free port. The nodes use free ports.
    #[arg(long, env = "WS_LISTEN", default_value = "127.0.0.1:3002")]
    listen: SocketAddr,

    /// The Redis that connects the nodes. Defaults to the variable `REDIS_URL`; if that is not set either, a `redis-server`
    /// is started, and stopped with this program.
    #[arg(long, env = "WS_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis: Option<String>,
}

impl Options {
    /// The URL of Redis, if one is given. An empty variable counts as unset.
    fn redis(&self) -> Option<String> {
        let named = self.redis.clone().filter(|url| !url.is_empty());
        named.or_else(|| env::var("REDIS_URL").ok().filter(|url| !url.is_empty()))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    // First, because everything else takes its counters from it.
    let metrics = Metrics::install()?;
    let redis = match options.redis() {
        Some(url) => Redis::Elsewhere(url),
        None => Redis::start()?,
    };
    let clusters = [
        Cluster::redis(redis.url()).await?,
        Cluster::redis(redis.url()).await?,
    ];
    // The only thing that the nodes share besides Redis: it stands for the database of a real application.
    let history = History::default();
    let mut addresses = Vec::new();
    let mut nodes = Vec::new();
    for cluster in &clusters {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        addresses.push(listener.local_addr()?);
        let node = Node::new(cluster.clone(), history.clone()).with_metrics(&metrics);
        nodes.push(tokio::spawn(node.serve(listener, told_to_end())));
    }
    let listener = TcpListener::bind(options.listen).await;
    let listener =
        listener.map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    announce(listener.local_addr()?);
    // Kept until the end: the nodes tell each other through Redis that they are leaving.
    let shown = Arc::new(Shown {
        addresses,
        clusters: clusters.to_vec(),
        redis,
    });
    let app = page::app(Arc::clone(&shown));
    tokio::select! {
        served = axum::serve(listener, app).into_future() => served?,
        told = told_to_end() => told?,
        () = metrics.keep_up() => {}
    }
    for node in nodes {
        node.await??;
    }
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "the one line that says where to point the browser"
)]
fn announce(address: SocketAddr) {
    println!("Two nodes, side by side, are at http://{address}/");
}
