use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::Listener;
use tokio::io::BufStream;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// A server that listens on a free port of the loopback, until this is dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    accepting: JoinHandle<io::Result<()>>,
}

/// What the library finds below an upgraded connection.
#[derive(Debug, Clone, Copy, Default)]
pub enum Transport {
    /// A plain socket.
    #[default]
    Socket,
    /// A stream that hides its socket and keeps what it is given until it is flushed, as one under TLS does.
    Hidden,
}

/// Serves an application over plain sockets. The port is bound when this returns.
///
/// # Panics
///
/// Where no port can be bound.
pub async fn serve(app: Router) -> Served {
    serve_over(Transport::Socket, app).await
}

/// As [`serve`], over this.
///
/// # Panics
///
/// Where no port can be bound.
pub async fn serve_over(transport: Transport, app: Router) -> Served {
    let (address, listener) = bind();
    let accepting = match transport {
        Transport::Socket => tokio::spawn(axum::serve(listener, app).into_future()),
        Transport::Hidden => tokio::spawn(axum::serve(Hiding(listener), app).into_future()),
    };
    Served { address, accepting }
}

/// As [`serve`], and each request knows from which address it comes.
///
/// # Panics
///
/// Where no port can be bound.
pub async fn serve_with_addresses(app: Router) -> Served {
    let (address, listener) = bind();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let accepting = tokio::spawn(axum::serve(listener, app).into_future());
    Served { address, accepting }
}

/// What the kernel keeps for a client that does not read: little, so that tests need not send much until it shows. What is
/// accepted inherits it.
const SEND_BUFFER: u32 = 64 * 1024;

fn bind() -> (SocketAddr, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(SEND_BUFFER).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1024).unwrap();
    (listener.local_addr().unwrap(), listener)
}

struct Hiding(TcpListener);

impl Listener for Hiding {
    type Io = BufStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (socket, address) = Listener::accept(&mut self.0).await;
        socket.set_nodelay(true).unwrap();
        (BufStream::new(socket), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
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
