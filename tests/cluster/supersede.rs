//! A client that comes back on another node while its previous connection still lingers.

use redis_server::RedisServer;
use serde_json::json;
use tests::Peer;
use ws_core::{RedisOptions, Retention};

use crate::stage::{Node, Number, eventually};

async fn pair(server: &RedisServer) -> [Node; 2] {
    let start = || Node::start(RedisOptions::new(server.url()), Retention::default());
    [start().await, start().await]
}

/// Comes in, and waits until it is in the channel.
async fn enter(node: &Node, user: &str, hello: serde_json::Value) -> Peer {
    let mut peer = Peer::session_with(node.address(), &format!("/ws?user={user}"), hello).await;
    assert!(peer.next().await["joined"].is_object());
    peer
}

fn number(number: u32) -> Number {
    Number {
        publisher: 0,
        number,
        padding: String::new(),
    }
}

async fn connections(node: &Node, user: &str) -> usize {
    let participants = node.channel.participants().await.unwrap();
    participants.get(user).map_or(0, |user| user.connections)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_on_another_node_replaces_its_old_connection_there() {
    let server = RedisServer::start().unwrap();
    let [old, new] = pair(&server).await;
    let changes = [&old, &new].map(Node::notes_presence);
    let mut ghost = enter(&old, "ana", json!({})).await;
    let mut bystander = enter(&old, "ana", json!({})).await;
    let mut again = enter(&new, "ana", json!({ "connection": ghost.connection() })).await;
    let (come, (code, _)) = ghost.rest().await;
    assert_eq!(code, 4506);
    let bye = &come.last().unwrap()["bye"];
    assert_eq!(bye["code"], 4506);
    assert!(bye.get("reconnect_in").is_none(), "it should not come back");
    while connections(&new, "ana").await > 2 {
        tokio::task::yield_now().await;
    }
    new.channel.send("ana", &number(1)).unwrap();
    for peer in [&mut again, &mut bystander] {
        assert_eq!(peer.next_event("numbers.number").await["number"], 1);
    }
    // The second node was told who is there when it began to take part.
    let changes = changes.map(|changes| changes.lock().unwrap().concat());
    assert_eq!(changes, ["+ana", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_on_another_node_has_been_there_all_the_time() {
    let server = RedisServer::start().unwrap();
    let [one, other] = pair(&server).await;
    let changes = [&one, &other].map(Node::notes_presence);
    let mut peer = enter(&one, "ana", json!({})).await;
    for turn in 0..20 {
        let node = if turn % 2 == 0 { &other } else { &one };
        let hello = json!({ "connection": peer.connection() });
        let next = enter(node, "ana", hello).await;
        assert_eq!(peer.closed().await.0, 4506);
        peer = next;
    }
    while connections(&one, "ana").await > 1 {
        tokio::task::yield_now().await;
    }
    // The second node was told who is there when it began to take part.
    let changes = changes.map(|changes| changes.lock().unwrap().concat());
    assert_eq!(changes, ["+ana", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_only_the_id_of_a_connection_on_another_node_cannot_replace_it() {
    let server = RedisServer::start().unwrap();
    let [old, new] = pair(&server).await;
    let mut ana = enter(&old, "ana", json!({})).await;
    let (id, _) = ana.connection().rsplit_once('-').unwrap();
    for guess in [format!("{id}-{:016x}", 7), id.to_owned()] {
        // Even as the same user.
        for user in ["ana", "mallory"] {
            enter(&new, user, json!({ "connection": guess })).await;
        }
    }
    // What the nodes were told of the guesses came before this.
    new.channel.broadcast(&number(1)).unwrap();
    assert_eq!(ana.next_event("numbers.number").await["number"], 1);
    old.channel.broadcast(&number(2)).unwrap();
    assert_eq!(ana.next_event("numbers.number").await["number"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_while_redis_is_away_waits_for_nothing() {
    let durable = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut server = RedisServer::with(&durable).unwrap();
    let [old, new] = pair(&server).await;
    let mut ghost = enter(&old, "ana", json!({})).await;
    // The channel is open on both nodes.
    enter(&new, "bo", json!({})).await;
    server.kill();
    let mut again = enter(&new, "ana", json!({ "connection": ghost.connection() })).await;
    // The other node does not know, and its connection goes on until it answers no ping.
    for (node, peer) in [(&old, &mut ghost), (&new, &mut again)] {
        node.channel.broadcast(&number(1)).unwrap();
        assert_eq!(peer.next_event("numbers.number").await["number"], 1);
    }
    server.restart().unwrap();
    for peer in [&mut ghost, &mut again] {
        assert_eq!(peer.next_event("numbers.number").await["number"], 1);
    }
    eventually("both nodes are well", || {
        [&old, &new]
            .iter()
            .all(|node| node.cluster.status() == ws_core::ClusterStatus::Up)
    })
    .await;
    enter(&old, "ana", json!({ "connection": again.connection() })).await;
    assert_eq!(again.closed().await.0, 4506);
}
