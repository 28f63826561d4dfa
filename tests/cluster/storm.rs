//! A node with many clients is killed, and all of them come back at once.

use std::net::SocketAddr;
use std::sync::Arc;

use redis_server::RedisServer;
use serde_json::{Value, json};
use tests::{Frame, Opcode, Peer, RawPeer, allow_many_files};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use ws_core::{RedisOptions, Retention};

use crate::process::Process;
use crate::stage::{DEADLINE, Node, Number};

/// How many connect at the same time: not more than a listener lets wait.
const CONNECTING: usize = 512;

/// How many messages they miss.
const MISSED: u64 = 50;

/// How often a node reads the log: where it ends when it begins to take part, and once for all who have missed something.
const READINGS: u64 = 2;

/// So many guests come to a node that is then killed, and come back to one that knows what they have missed and to one that
/// is new. The nodes are processes of their own: both ends may be more files than one may have.
pub(crate) async fn storm(size: usize) {
    allow_many_files();
    let server = RedisServer::start().unwrap();
    let publisher = Node::start(RedisOptions::new(server.url()), Retention::default()).await;
    let start = || Process::start(&server.url());
    let (mut old, warm) = (start(), start());
    let mut witness = Peer::session(warm.address(), "/ws?user=witness").await;
    assert!(witness.next().await["joined"].is_object());

    let (report, mut reports) = mpsc::unbounded_channel();
    let (go, goes) = watch::channel(None);
    let connecting = Arc::new(Semaphore::new(CONNECTING));
    let mut guests = JoinSet::new();
    for number in 0..size {
        let guest = Guest {
            path: format!("/ws?user=guest-{number}"),
            connecting: Arc::clone(&connecting),
            report: report.clone(),
            connection: Value::Null,
            position: Value::Null,
        };
        guests.spawn(guest.live(old.address(), number, goes.clone()));
    }
    let mut all = async |what: &str| {
        for count in 0..size {
            let report = timeout(DEADLINE, reports.recv()).await;
            report.unwrap_or_else(|_| panic!("only {count} guests {what}"));
        }
    };
    all("have come").await;
    say(&publisher, 0);
    all("were given the first message").await;
    assert_eq!(witness.next_event("numbers.number").await["number"], 0);

    old.kill();
    for number in 1..=MISSED {
        say(&publisher, number);
        assert_eq!(witness.next_event("numbers.number").await["number"], number);
    }
    let cold = start();
    let nodes = [warm.address(), cold.address()];
    let before = readings(&server);
    go.send_replace(Some(nodes));
    all("were given what they had missed").await;
    let readings = readings(&server) - before;
    assert!(readings <= READINGS * nodes.len() as u64, "{readings}");

    // All of them are there, and nothing comes twice.
    say(&publisher, MISSED + 1);
    all("were given the last message").await;
    assert_eq!(guests.join_all().await.len(), size);
}

fn say(node: &Node, number: u64) {
    let number = Number {
        publisher: 0,
        number: number.try_into().unwrap(),
        padding: String::new(),
    };
    node.channel.broadcast(&number).unwrap();
}

/// How often Redis was asked for what stands in a log: for a page, by a script that is the only one that writes nothing, or for
/// where it ends.
fn readings(server: &RedisServer) -> u64 {
    let stats = server.ask(&["INFO", "commandstats"]).unwrap();
    let calls = stats.lines().filter_map(|line| {
        let (command, stats) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let is_reading = ["evalsha_ro", "xrevrange"].contains(&command);
        is_reading.then(|| stats.split(',').next().unwrap().parse::<u64>().unwrap())
    });
    calls.sum()
}

/// A client that reads all the time, so that it answers every ping.
struct Guest {
    path: String,
    connecting: Arc<Semaphore>,
    report: mpsc::UnboundedSender<()>,
    connection: Value,
    position: Value,
}

impl Guest {
    async fn live(
        mut self,
        first: SocketAddr,
        number: usize,
        mut goes: watch::Receiver<Option<[SocketAddr; 2]>>,
    ) {
        let mut stream = self.enter(first, &json!({})).await;
        self.position = next(&mut stream).await.unwrap()["joined"]["pos"].take();
        self.report.send(()).unwrap();
        self.hears(&mut stream, 0).await;
        self.report.send(()).unwrap();
        assert_eq!(next(&mut stream).await, None, "the node is killed");
        drop(stream);

        let nodes = goes.wait_for(Option::is_some).await.unwrap().unwrap();
        let hello = json!({
            "connection": self.connection,
            "resume": { "numbers": self.position },
        });
        let mut stream = self.enter(nodes[number % 2], &hello).await;
        for number in 1..=MISSED {
            self.hears(&mut stream, number).await;
        }
        let joined = next(&mut stream).await.unwrap();
        assert_eq!(joined["joined"]["resumed"], true, "{joined}");
        self.report.send(()).unwrap();
        self.hears(&mut stream, MISSED + 1).await;
        self.report.send(()).unwrap();
    }

    async fn enter(&mut self, node: SocketAddr, hello: &Value) -> BufReader<TcpStream> {
        let _connecting = self.connecting.acquire().await.unwrap();
        let peer = RawPeer::silent_session(node, &self.path).await;
        let mut stream = BufReader::with_capacity(4096, peer.into_stream());
        write(&mut stream, json!({ "hello": hello }).to_string()).await;
        let mut welcome = next(&mut stream).await.unwrap();
        self.connection = welcome["welcome"]["connection"].take();
        stream
    }

    /// The next message must be this number.
    async fn hears(&mut self, stream: &mut BufReader<TcpStream>, number: u64) {
        let mut message = next(stream)
            .await
            .unwrap_or_else(|| panic!("the connection ended before {number}"));
        assert_eq!(message["data"]["number"], number, "{message}");
        self.position = message["pos"].take();
    }
}

/// The next message that is no ping, and does not say that the client is let in. `None` where the connection has ended.
async fn next(stream: &mut BufReader<TcpStream>) -> Option<Value> {
    loop {
        stream.read_u8().await.ok()?;
        let length = match stream.read_u8().await.ok()? {
            126 => stream.read_u16().await.ok()?,
            length => length.into(),
        };
        let mut text = vec![0; length.into()];
        stream.read_exact(&mut text).await.ok()?;
        match &*text {
            b"{}" => write(stream, text).await,
            br#"{"ready":{}}"# => {}
            message => return Some(serde_json::from_slice(message).unwrap()),
        }
    }
}

async fn write(stream: &mut BufReader<TcpStream>, text: impl Into<Vec<u8>>) {
    let frame = Frame::new(Opcode::Text, text).bytes();
    // Where the connection has ended, reading tells.
    drop(stream.get_mut().write_all(&frame).await);
}
