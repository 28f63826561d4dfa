//! Long messages, and a slow way to Redis.

use std::time::Duration;

use redis_server::RedisServer;
use serde_json::{Value, json};
use tests::Peer;
use ws_core::{ClusterStatus, RedisOptions, Retention};

use crate::proxy::Proxy;
use crate::stage::{Node, Number};

/// How many bytes come from Redis in a second.
const PACE: u32 = 10_000_000;

/// The length of a message: nearly the longest.
const LENGTH: usize = 250_000;

/// How many there are: all of them take longer than a call of Redis may.
const COUNT: u64 = 80;

/// A node near Redis, one that is far from it, and somebody at the near one.
struct Case {
    near: Node,
    witness: Peer,
    position: Value,
    proxy: Proxy,
    far: Node,
    server: RedisServer,
}

impl Case {
    async fn begin() -> Self {
        let server = RedisServer::start().unwrap();
        let proxy = Proxy::slow(&server, PACE).await;
        let retention = Retention::new(1_000, Duration::from_secs(600));
        let node = |url| Node::start(RedisOptions::new(url), retention);
        let (near, far) = (node(server.url()).await, node(proxy.url()).await);
        let (witness, position) = enter(&near, "witness").await;
        Self {
            near,
            witness,
            position,
            proxy,
            far,
            server,
        }
    }

    /// Long messages are sent at the near node, each when the one before is there.
    async fn send(&mut self) {
        for number in 1..=COUNT {
            say(&self.near, number, LENGTH);
            hears(&mut self.witness, number).await;
        }
    }

    /// Somebody at the far node is given every message, and one that is sent there meanwhile is taken at once; Redis counts as
    /// there all the time.
    async fn gives_all_to(&mut self, peer: &mut Peer) {
        let given = async {
            for number in 1..=COUNT {
                hears(peer, number).await;
                if number == COUNT / 10 {
                    say(&self.far, COUNT + 1, 0);
                    hears(&mut self.witness, COUNT + 1).await;
                }
            }
        };
        tokio::select! {
            status = self.far.cluster.status_changed_from(&ClusterStatus::Up) => panic!("{status:?}"),
            () = given => {}
        }
    }
}

async fn enter(node: &Node, user: &str) -> (Peer, Value) {
    let mut peer = Peer::session(node.address(), &format!("/ws?user={user}")).await;
    let position = peer.next().await["joined"]["pos"].take();
    (peer, position)
}

async fn hears(peer: &mut Peer, number: u64) {
    let heard = peer.next_event("numbers.number").await;
    assert_eq!(heard["number"], number);
}

fn say(node: &Node, number: u64, length: usize) {
    let number = Number {
        publisher: 0,
        number: number.try_into().unwrap(),
        padding: "x".repeat(length),
    };
    node.channel.broadcast(&number).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_long_messages_gets_them_over_a_slow_way_to_redis() {
    let mut case = Case::begin().await;
    case.send().await;
    let hello = json!({ "resume": { "numbers": case.position } });
    let mut peer = Peer::session_with(case.far.address(), "/ws?user=back", hello).await;
    case.gives_all_to(&mut peer).await;
    // The last message and that it is here come in the order in which they happened.
    let rest = [peer.next().await, peer.next().await];
    assert!(
        rest.iter()
            .any(|message| message["joined"]["resumed"] == true),
        "{rest:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_missed_long_messages_reads_them_over_a_slow_way_to_redis() {
    let mut case = Case::begin().await;
    let (mut peer, _) = enter(&case.far, "far").await;
    // Its subscription ends, and for a time nobody is there.
    let mut nobody = RedisServer::start().unwrap();
    nobody.kill();
    case.proxy.lead_to(&nobody);
    let kill = ["CLIENT", "KILL", "TYPE", "pubsub"];
    case.server.ask(&kill).unwrap();
    let up = ClusterStatus::Up;
    let mut status = case.far.cluster.status_changed_from(&up).await;
    case.send().await;
    case.proxy.lead_to(&case.server);
    while status != up {
        status = case.far.cluster.status_changed_from(&status).await;
    }
    case.gives_all_to(&mut peer).await;
}
