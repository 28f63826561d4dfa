//! What a fault happens to: two nodes, publishers that number their messages and keep what was accepted, and clients that
//! keep what they were given. In the end, everything accepted was given once and in order, or a gap covers it.

mod check;
mod client;
pub(crate) mod contract;
mod node;
mod publisher;

use std::sync::Arc;
use std::time::Duration;

use redis_server::{RedisCluster, RedisServer};
use tokio::time::{sleep, timeout};
use ws_core::{RedisOptions, Retention};

pub(crate) use self::check::Report;
pub(crate) use self::client::{Client, Itinerary};
pub(crate) use self::contract::Number;
pub(crate) use self::node::Node;
use self::publisher::Publisher;

/// How long anything may take that must come to be.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How a stage differs from others.
pub(crate) struct Setup {
    pub(crate) options: Vec<RedisOptions>,
    pub(crate) retention: Retention,
    /// The time between two messages of a publisher.
    pub(crate) pace: Duration,
    /// The length of a message besides its number.
    pub(crate) padding: usize,
}

impl Setup {
    pub(crate) fn of(server: &RedisServer) -> Self {
        Self::with(&RedisOptions::new(server.url()))
    }

    pub(crate) fn of_cluster(cluster: &RedisCluster) -> Self {
        Self::with(&RedisOptions::new(cluster.url()))
    }

    /// Two nodes with the same options.
    pub(crate) fn with(options: &RedisOptions) -> Self {
        let options = options.clone().with_lease(Duration::from_secs(3));
        Self {
            options: vec![options.clone(), options],
            retention: Retention::new(100_000, Duration::from_secs(600)),
            pace: Duration::from_millis(5),
            padding: 0,
        }
    }
}

/// Everything at work.
pub(crate) struct Stage {
    pub(crate) nodes: Vec<Arc<Node>>,
    publishers: Vec<Publisher>,
    pub(crate) clients: Vec<Client>,
}

impl Stage {
    /// Another client comes.
    pub(crate) async fn joins(&mut self, name: &str, itinerary: Itinerary) {
        self.clients.push(Client::start(name, itinerary).await);
    }

    /// A node that lives as long as everything.
    pub(crate) fn keeps(&mut self, node: Node) {
        self.nodes.push(Arc::new(node));
    }

    /// Waits until the client at each node has been given another 40 messages of the publisher there.
    pub(crate) async fn flows_locally(&self) {
        for ((publisher, client), source) in (0..).zip(&self.clients).zip(&self.publishers) {
            let reached = client.reaches(publisher, source.count() + 40);
            if timeout(DEADLINE, reached).await.is_err() {
                panic!("messages do not reach their own node: {}", client.summary());
            }
        }
    }

    /// Starts the nodes, a client that stays at each, one that moves from node to node, and a publisher at each node; and
    /// waits until everybody is given something.
    pub(crate) async fn set(setup: Setup) -> Self {
        let mut nodes = Vec::new();
        for options in setup.options {
            nodes.push(Arc::new(Node::start(options, setup.retention).await));
        }
        let mut clients = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let itinerary = Itinerary::Stays(node.address());
            clients.push(Client::start(&format!("stays-{index}"), itinerary).await);
        }
        let addresses = nodes.iter().map(|node| node.address()).collect();
        clients.push(Client::start("moves", Itinerary::Moves(addresses)).await);
        let publishers = (0..)
            .zip(&nodes)
            .map(|(index, node)| {
                Publisher::start(index, Arc::clone(node), setup.pace, setup.padding)
            })
            .collect();
        let stage = Self {
            nodes,
            publishers,
            clients,
        };
        stage.flows().await;
        stage
    }

    /// Waits until every client has been given another 40 messages of every publisher, sent from now on.
    pub(crate) async fn flows(&self) {
        let begun: Vec<u64> = self.publishers.iter().map(Publisher::count).collect();
        let reached = async {
            for client in &self.clients {
                for (publisher, count) in (0..).zip(&begun) {
                    client.reaches(publisher, count + 40).await;
                }
            }
        };
        if timeout(DEADLINE, reached).await.is_err() {
            let status: Vec<_> = self
                .nodes
                .iter()
                .map(|node| node.cluster.status())
                .collect();
            let given: Vec<_> = self.clients.iter().map(Client::summary).collect();
            panic!("messages do not reach every client: {status:?} {begun:?} {given:#?}");
        }
    }

    /// Lets it go on for a while: the time of a fault.
    pub(crate) async fn lasts(&self, time: Duration) {
        sleep(time).await;
    }

    /// Ends the publishers, waits until their last message has come everywhere, and compares.
    pub(crate) async fn ends(self) -> Report {
        let mut accepted = Vec::new();
        for publisher in self.publishers {
            accepted.push(publisher.stop().await);
        }
        let reached = async {
            for client in &self.clients {
                for (publisher, numbers) in (0..).zip(&accepted) {
                    if let Some(last) = numbers.last() {
                        client.reaches(publisher, *last).await;
                    }
                }
            }
        };
        if timeout(DEADLINE, reached).await.is_err() {
            let nodes = self.nodes.iter();
            let status: Vec<_> = nodes.map(|node| node.cluster.status()).collect();
            let given: Vec<_> = self.clients.iter().map(Client::summary).collect();
            panic!("the last messages do not reach every client: {status:?} {given:#?}");
        }
        Report::of(&accepted, &self.clients)
    }
}

/// The hash tag of the channel `numbers/numbers`, as Redis names its keys.
const TAG: &str = "p140";

/// A key of the stage's channel.
pub(crate) fn keys(kind: &str) -> String {
    format!("ws1{{{TAG}}}{kind}numbers/numbers")
}

/// The key of all leases.
pub(crate) fn leases() -> String {
    "ws1{p68}nodes".to_owned()
}

/// The slot of the stage's channel in a Redis Cluster.
pub(crate) fn slot() -> u16 {
    4066
}

/// Waits until a replica has nearly everything that its master has. How far it is behind decides what is lost when it takes
/// over, and on a busy machine that may be any number.
pub(crate) async fn keeps_up(replica: &RedisServer, master: &RedisServer) {
    let offset = |server: &RedisServer| {
        let info = server.ask(&["INFO", "replication"]).ok()?;
        let mut lines = info.lines();
        let offset = lines.find_map(|line| line.strip_prefix("master_repl_offset:"));
        offset?.trim().parse::<u64>().ok()
    };
    eventually("the replica keeps up", || {
        let behind = offset(master)
            .zip(offset(replica))
            .map(|(all, some)| all.saturating_sub(some));
        behind.is_some_and(|bytes| bytes < 4096)
    })
    .await;
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < DEADLINE,
            "waited {DEADLINE:?} until {what}"
        );
        sleep(Duration::from_millis(10)).await;
    }
}
