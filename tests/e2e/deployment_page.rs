use std::io;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use ws_core::{Cluster, Contract, Server};

/// As long as a handler may take: `Limits::with_handler_timeout`.
const HANDLERS: Duration = Duration::from_secs(30);

/// Longer than a failover of Redis takes: see `Cluster::close`.
const HAND_ON: Duration = Duration::from_secs(20);

/// Serves until `end`, such as `told_to_end()`, completes, and then shuts down gracefully.
async fn serve<C, S>(
    listener: TcpListener,
    app: Router,
    server: Server<C, S>,
    cluster: Cluster,
    end: impl Future<Output = io::Result<()>>,
) -> io::Result<()>
where
    C: Contract,
    S: Send + Sync + 'static,
{
    let asked = server.clone();
    let health = get(async move || match asked.is_shutting_down() {
        true => StatusCode::SERVICE_UNAVAILABLE,
        false => StatusCode::OK,
    });
    let app = app.route("/health", health);
    let mut serving = tokio::spawn(axum::serve(listener, app).into_future());
    tokio::select! {
        served = &mut serving => return served?,
        told = end => told?,
    }
    // The listener stays open: new clients get 503 and go to another node.
    server.shutdown(HANDLERS).await;
    // Last, because handlers send until they have finished.
    let handed_on = cluster.close(HAND_ON).await;
    serving.abort();
    handed_on.map_err(io::Error::other)
}

/// Waits for the signal by which systemd, Docker, Kubernetes or a terminal ends a program.
async fn told_to_end() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = ctrl_c() => interrupted,
    }
}
