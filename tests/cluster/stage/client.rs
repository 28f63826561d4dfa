use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tests::Peer;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Where a client is.
#[derive(Debug, Clone)]
pub(crate) enum Itinerary {
    Stays(SocketAddr),
    /// From one node to the next after every so many messages.
    Moves(Vec<SocketAddr>),
    /// On any of the nodes that are there, until it is sent away.
    Balanced(Arc<Mutex<Vec<SocketAddr>>>),
}

/// After how many messages a client moves on.
const STAY: usize = 60;

/// What a client was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    Number {
        publisher: u32,
        number: u64,
    },
    Gap(String),
    /// It came, or was told that it is there.
    Came(String),
}

/// A client that comes back with what it has seen, as the SDK does, and keeps everything.
pub(crate) struct Client {
    pub(crate) name: String,
    kept: Arc<Mutex<Kept>>,
    changed: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Kept {
    given: Vec<Given>,
    last: HashMap<u32, u64>,
    connections: usize,
}

impl Client {
    /// Comes, and waits until it is welcome.
    pub(crate) async fn start(name: &str, itinerary: Itinerary) -> Self {
        let client = Self::begin(name, itinerary);
        client.is_welcome().await;
        client
    }

    /// Waits until it has been told something.
    pub(crate) async fn is_welcome(&self) {
        self.changed.clone().wait_for(|told| *told).await.unwrap();
    }

    /// Comes.
    pub(crate) fn begin(name: &str, itinerary: Itinerary) -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (sender, changed) = watch::channel(false);
        let visit = Visit {
            name: name.to_owned(),
            kept: Arc::clone(&kept),
            changed: sender,
            position: None,
            connection: None,
        };
        let task = tokio::spawn(visit.run(itinerary));
        Self {
            name: name.to_owned(),
            kept,
            changed,
            task,
        }
    }

    /// Waits until it was given this number of a publisher, or a later one.
    pub(crate) async fn reaches(&self, publisher: u32, number: u64) {
        let mut changed = self.changed.clone();
        while self.last(publisher) < number {
            changed.changed().await.unwrap();
        }
    }

    /// The last number that it was given of a publisher.
    pub(crate) fn last(&self, publisher: u32) -> u64 {
        let kept = self.kept.lock().unwrap();
        kept.last.get(&publisher).copied().unwrap_or(0)
    }

    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }

    pub(crate) fn given(&self) -> Vec<Given> {
        self.kept.lock().unwrap().given.clone()
    }

    /// What it was given, in short.
    pub(crate) fn summary(&self) -> String {
        let kept = self.kept.lock().unwrap();
        let gaps: Vec<&Given> = kept
            .given
            .iter()
            .filter(|given| matches!(given, Given::Gap(_)))
            .collect();
        format!(
            "{}: {} messages, last {:?}, {} connections, gaps {gaps:?}",
            self.name,
            kept.given.len(),
            kept.last,
            kept.connections
        )
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The client at work.
struct Visit {
    name: String,
    kept: Arc<Mutex<Kept>>,
    changed: watch::Sender<bool>,
    position: Option<Value>,
    connection: Option<String>,
}

impl Visit {
    async fn run(mut self, itinerary: Itinerary) {
        for turn in 0.. {
            let (address, stay) = match &itinerary {
                Itinerary::Stays(address) => (*address, usize::MAX),
                Itinerary::Moves(addresses) => (addresses[turn % addresses.len()], STAY),
                Itinerary::Balanced(addresses) => {
                    let addresses = addresses.lock().unwrap();
                    let place = self.name.len() + turn;
                    (addresses[place % addresses.len()], usize::MAX)
                }
            };
            self.stay(address, stay).await;
            // A server that refuses for now is not asked without a pause.
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stay(&mut self, address: SocketAddr, mut messages: usize) {
        let path = format!("/ws?user={}", self.name);
        // The node may be gone.
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        let Ok(mut peer) = Peer::connect(address, &path, Some("ws.v1.json")).await else {
            return;
        };
        let mut hello = json!({});
        if let Some(connection) = &self.connection {
            hello["connection"] = json!(connection);
        }
        if let Some(position) = &self.position {
            hello["resume"] = json!({ "numbers": position });
        }
        if !peer
            .try_send_text(&json!({ "hello": hello }).to_string())
            .await
        {
            return;
        }
        while messages > 0 {
            let Ok(message) = peer.read().await else {
                return;
            };
            let is_joined = message["joined"].is_object();
            messages -= usize::from(self.take(message));
            self.changed.send_modify(|told| *told |= is_joined);
        }
    }

    /// Takes a message. Whether it is an event.
    fn take(&mut self, mut message: Value) -> bool {
        let mut kept = self.kept.lock().unwrap();
        if let Some(connection) = message["welcome"]["connection"].as_str() {
            self.connection = Some(connection.to_owned());
            kept.connections += 1;
            let position = self.position.clone();
            kept.given
                .push(Given::Came(format!("came with {position:?}")));
        }
        if message["joined"].is_object() {
            kept.given.push(Given::Came(message.to_string()));
            // Until the gap is told that follows, the old position stays.
            if message["joined"]["resumed"] == true || self.position.is_none() {
                self.position = Some(message["joined"]["pos"].take());
            }
        }
        if let Some(why) = message["gap"]["why"].as_str() {
            kept.given.push(Given::Gap(why.to_owned()));
            self.position = Some(message["gap"]["pos"].take());
        }
        let Some(number) = message["data"]["number"].as_u64() else {
            return false;
        };
        let publisher = message["data"]["publisher"].as_u64().unwrap() as u32;
        assert!(message["pos"].is_string(), "{message}");
        self.position = Some(message["pos"].take());
        kept.given.push(Given::Number { publisher, number });
        let last = kept.last.entry(publisher).or_default();
        *last = number.max(*last);
        true
    }
}
