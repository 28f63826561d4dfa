//! The end of one user's connections, ordered by a node that has none of them.

use redis_server::{RedisCluster, RedisServer};
use serde_json::{Value, json};
use tests::Peer;
use ws_core::{Close, CloseCode, RedisOptions, Retention};

use crate::stage::{Node, Number, eventually};

async fn connections(node: &Node, user: &str) -> usize {
    let participants = node.channel.participants().await.unwrap();
    participants.get(user).map_or(0, |user| user.connections)
}

/// Comes in, and waits until it is in the channel.
async fn enter(node: &Node, user: &str) -> Peer {
    let before = connections(node, user).await;
    let path = format!("/ws?user={user}");
    let peer = Peer::session_with(node.address(), &path, json!({})).await;
    while connections(node, user).await == before {
        tokio::task::yield_now().await;
    }
    peer
}

fn number(number: u32) -> Number {
    Number {
        publisher: 0,
        number,
        padding: String::new(),
    }
}

fn banned() -> Close {
    Close::new(CloseCode::REVOKED, "banned")
}

async fn hears(peer: &mut Peer, number: u32) -> Value {
    let mut message = peer.next().await;
    while message["event"] != "numbers.number" {
        message = peer.next().await;
    }
    assert_eq!(message["data"]["number"], number);
    message
}

/// What it was given up to its end: the numbers, and the farewell.
async fn end(peer: &mut Peer) -> (Vec<Value>, Value) {
    let (mut told, closed) = peer.rest().await;
    assert_eq!(closed, (4503, "banned".to_owned()));
    let bye = told.pop().unwrap();
    let numbers = told.iter().filter(|told| told["event"] == "numbers.number");
    let numbers = numbers.map(|told| told["data"]["number"].clone());
    (numbers.collect(), bye["bye"].clone())
}

async fn ends_on_every_node(options: RedisOptions, retention: Retention) {
    let start = || Node::start(options.clone(), retention);
    let (one, other, office) = (start().await, start().await, start().await);
    let mut ana = [enter(&one, "ana").await, enter(&other, "ana").await];
    let mut bo = [enter(&one, "bo").await, enter(&other, "bo").await];
    office.channel.broadcast(&number(1)).unwrap();
    office.channel.send("ana", &number(2)).unwrap();
    office.channel.disconnect_user("ana", banned()).unwrap();
    office.channel.broadcast(&number(3)).unwrap();
    for peer in &mut ana {
        let (numbers, bye) = end(peer).await;
        assert_eq!(numbers, [1, 2]);
        assert_eq!(bye["code"], 4503);
        assert!(bye.get("reconnect_in").is_none(), "it should not come back");
    }
    let mut places = Vec::new();
    for peer in &mut bo {
        hears(peer, 1).await;
        places.push(hears(peer, 3).await["pos"].clone());
    }
    assert_eq!(places[0], places[1]);
    let participants = office.channel.participants().await.unwrap();
    assert_eq!(participants.get("bo").unwrap().connections, 2);
    // The user may come again, unless whatever lets users in knows better.
    let mut again = enter(&other, "ana").await;
    office.channel.broadcast(&number(4)).unwrap();
    hears(&mut again, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_ends_on_every_node_after_what_was_sent_before_and_nobody_else_does() {
    for retention in [Retention::default(), Retention::none()] {
        let server = RedisServer::start().unwrap();
        ends_on_every_node(RedisOptions::new(server.url()), retention).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_ends_on_every_node_over_a_redis_cluster_too() {
    let cluster = RedisCluster::start().unwrap();
    let options = RedisOptions::new(cluster.url());
    ends_on_every_node(options, Retention::none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_disconnected_while_redis_is_away_ends_at_once_here_and_elsewhere_when_it_is_back()
 {
    let durable = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut server = RedisServer::with(&durable).unwrap();
    let start = || Node::start(RedisOptions::new(server.url()), Retention::default());
    let (here, there) = (start().await, start().await);
    let mut ana = [enter(&here, "ana").await, enter(&there, "ana").await];
    let mut bo = [enter(&here, "bo").await, enter(&there, "bo").await];
    server.kill();
    here.channel.send("ana", &number(1)).unwrap();
    here.channel.disconnect_user("ana", banned()).unwrap();
    here.channel.broadcast(&number(2)).unwrap();
    assert_eq!(end(&mut ana[0]).await.0, [1]);
    hears(&mut bo[0], 2).await;
    let path = "/ws?user=ana";
    let mut again = Peer::session_with(here.address(), path, json!({})).await;
    assert!(again.next().await["joined"].is_object());
    server.restart().unwrap();
    assert_eq!(end(&mut ana[1]).await.0, [1]);
    hears(&mut bo[1], 2).await;
    eventually("both nodes are well", || {
        let nodes = [&here, &there];
        let is_up = |node: &&Node| node.cluster.status() == ws_core::ClusterStatus::Up;
        nodes.iter().all(is_up)
    })
    .await;
    // Who has come back before the log had it is not meant.
    there.channel.broadcast(&number(3)).unwrap();
    for peer in bo.iter_mut().chain([&mut again]) {
        hears(peer, 3).await;
    }
}
