use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that listens on a free port of the loopback, until this is dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    accepting: JoinHandle<std::io::Result<()>>,
}

/// Serves an application. The port is bound when this returns.
///
/// # Panics
///
/// Where no port can be bound.
pub async fn serve(app: Router) -> Served {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    Served {
        address: listener.local_addr().unwrap(),
        accepting: tokio::spawn(axum::serve(listener, app).into_future()),
    }
}

impl Served {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
