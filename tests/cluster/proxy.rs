//! A network in front of Redis that loses answers, or holds them back, for a time; that can be slow, and can lead to
//! another server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis_server::RedisServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// What becomes of the answers of Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    Pass,
    /// They are lost. Connections of which some were end afterwards.
    Vanish,
    /// Nobody reads them.
    Wait,
}

/// The network, until it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    port: Arc<AtomicU16>,
    answers: watch::Sender<Answers>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(server: &RedisServer) -> Self {
        Self::with(server, Wire::default()).await
    }

    /// So many bytes of answers pass in a second, over all connections.
    pub(crate) async fn slow(server: &RedisServer, bytes_per_second: u32) -> Self {
        let byte = Duration::from_secs(1) / bytes_per_second;
        let wire = Wire {
            byte,
            ..Wire::default()
        };
        Self::with(server, wire).await
    }

    async fn with(server: &RedisServer, wire: Wire) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answers, told) = watch::channel(Answers::Pass);
        let port = Arc::new(AtomicU16::new(server.port()));
        let leads_to = Arc::clone(&port);
        let wire = Arc::new(wire);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let port = leads_to.load(Ordering::SeqCst);
                tokio::spawn(carry(client, port, told.clone(), Arc::clone(&wire)));
            }
        });
        Self {
            address,
            port,
            answers,
            accepting,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub(crate) fn answers(&self, answers: Answers) {
        self.answers.send_replace(answers);
    }

    /// Leads new connections to another server.
    pub(crate) fn lead_to(&self, server: &RedisServer) {
        self.port.store(server.port(), Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What all answers go through, one after the other.
#[derive(Default)]
struct Wire {
    /// How long a byte takes.
    byte: Duration,
    /// When it is free again.
    free: Mutex<Option<Instant>>,
}

impl Wire {
    /// Waits until so many bytes are through.
    async fn carries(&self, bytes: usize) {
        if self.byte.is_zero() {
            return;
        }
        let through = {
            let mut free = self.free.lock().unwrap();
            let now = Instant::now();
            // Sleeping takes longer than it should, and that is made up for.
            let begins = free.unwrap_or(now).max(now - Duration::from_millis(20));
            *free.insert(begins + self.byte * u32::try_from(bytes).unwrap())
        };
        sleep_until(through).await;
    }
}

async fn carry(
    mut client: TcpStream,
    port: u16,
    mut told: watch::Receiver<Answers>,
    wire: Arc<Wire>,
) {
    let Ok(mut server) = connect(port).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let requests = tokio::io::copy(&mut from_client, &mut to_server);
    let answers = async {
        let mut bytes = vec![0; 64 * 1024];
        let mut have_vanished = false;
        loop {
            let waits = told.wait_for(|answers| *answers != Answers::Wait);
            if waits.await.is_err() {
                return;
            }
            let Ok(count @ 1..) = from_server.read(&mut bytes).await else {
                return;
            };
            wire.carries(count).await;
            let vanish = *told.borrow() == Answers::Vanish;
            have_vanished |= vanish;
            let ends = have_vanished && !vanish;
            if ends || (!vanish && to_client.write_all(&bytes[..count]).await.is_err()) {
                return;
            }
        }
    };
    tokio::select! {
        _ = requests => {}
        () = answers => {}
    }
}

/// Little is on the way, so that Redis notices when nobody reads.
async fn connect(port: u16) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(16 * 1024)?;
    socket.connect((Ipv4Addr::LOCALHOST, port).into()).await
}
