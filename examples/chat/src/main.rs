//! The chat as a program: one node, on its own or connected to others over Redis.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use chat::{History, Metrics, Node, told_to_end};
use clap::Parser;
use tokio::net::TcpListener;
use ws_core::Cluster;

/// A chat room in the browser.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The address to listen on; port 0 picks a free port.
    #[arg(long, env = "WS_LISTEN", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,

    /// The Redis that connects this node to others, for instance redis://127.0.0.1:6379. Without it, the node is on its own.
    #[arg(long, env = "WS_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis: Option<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    // By default, tokio may leave new work waiting behind a worker's own queue of busy connections.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .global_queue_interval(1)
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(serve(&options)),
        Err(error) => Err(error.into()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    // First, because everything else takes its counters from it.
    let metrics = Metrics::install()?;
    // An empty variable counts as unset.
    let cluster = match options.redis.as_deref().filter(|url| !url.is_empty()) {
        None => Cluster::in_memory(),
        Some(url) => Cluster::redis(url).await?,
    };
    let listener = TcpListener::bind(options.listen).await;
    let listener =
        listener.map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    announce(listener.local_addr()?);
    let node = Node::new(cluster, History::default()).with_metrics(&metrics);
    tokio::select! {
        served = node.serve(listener, told_to_end()) => served?,
        () = metrics.keep_up() => {}
    }
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "the one line that says where to point the browser"
)]
fn announce(address: SocketAddr) {
    println!("The chat is at http://{address}/ - open it in two windows.");
}
