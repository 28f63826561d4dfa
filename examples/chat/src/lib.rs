//! A chat room in the browser: everything from Rust types to a page that people use.
//!
//! - `contract`: what the page and the server say to each other
//! - `room`: the handlers
//! - `history`: recent messages
//! - `door`: who may come in, and under which name
//! - `page`: the files of the page, embedded in the program
//! - `metrics`: what operators watch, at `/metrics`

mod contract;
mod door;
mod history;
mod metrics;
mod page;
mod room;

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use ws_core::{Cluster, Server};

use crate::contract::Chat;
pub use crate::history::History;
pub use crate::metrics::Metrics;
use crate::room::Visitor;

/// How long running handlers have to finish on shutdown, and then how long passing messages on to other nodes may take.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// One node of the chat.
#[derive(Debug)]
pub struct Node {
    cluster: Cluster,
    server: Server<Chat, Visitor>,
    app: Router,
}

impl Node {
    /// A node in this cluster. All nodes of a cluster share one room. New arrivals are shown this history.
    pub fn new(cluster: Cluster, history: History) -> Self {
        let room = room::open(&cluster);
        let server = Server::new(room::handlers());
        let app = Router::new()
            .route("/ws", get(door::upgrade))
            .route("/ws/contract.json", get(page::contract))
            .with_state(door::Door {
                room,
                history,
                server: server.clone(),
            })
            .fallback(page::file);
        Self {
            cluster,
            server,
            app,
        }
    }

    /// The same node, which serves the metrics of this process at `/metrics`.
    #[must_use]
    pub fn with_metrics(self, metrics: &Metrics) -> Self {
        let metrics = get(metrics::show).with_state(metrics.clone());
        Self {
            app: self.app.route("/metrics", metrics),
            ..self
        }
    }

    /// Serves until `end` completes, and then shuts down gracefully.
    ///
    /// # Errors
    ///
    /// If the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        end: impl Future<Output = std::io::Result<()>>,
    ) -> std::io::Result<()> {
        let mut serving = pin!(axum::serve(listener, self.app).into_future());
        tokio::select! {
            served = &mut serving => return served,
            told = end => told?,
        }
        let goes = async {
            room::say_goodbye(&self.server);
            self.server.shutdown(SHUTDOWN).await;
            // If the time is not enough, the log says so.
            drop(self.cluster.close(SHUTDOWN).await);
        };
        // In the meantime, new clients get 503 and may go to another node.
        tokio::select! {
            served = serving => served,
            () = goes => Ok(()),
        }
    }
}

/// Waits for the signal by which an operator or a terminal ends a program.
///
/// # Errors
///
/// If the system does not let this program wait for it.
pub async fn told_to_end() -> std::io::Result<()> {
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
