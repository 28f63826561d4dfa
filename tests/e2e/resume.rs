//! A session client comes back with the last position that it has seen.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tests::Peer;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use ws_core::{Limits, MemoryHub, Retention};

use crate::contract::{Hinted, said};
use crate::node::{Node, Note, Setup};

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn node_that_keeps(messages: usize) -> Node {
    Node::with(Setup {
        retention: Retention::new(messages, Duration::from_secs(60)),
        ..Setup::default()
    })
    .await
}

/// A new session client, and where the room's log stood when it came.
async fn arrive(node: &Node, user: &str) -> (Peer, Value) {
    let mut peer = node.greet(user, json!({})).await;
    let mut joined = peer.next().await["joined"].take();
    assert_eq!(
        (&joined["channel"], &joined["resumed"]),
        (&json!("room"), &json!(false))
    );
    peer.next_event("app.ready").await;
    (peer, joined["pos"].take())
}

/// The same client again, on a new connection. What it is told of the room has not been read yet.
async fn come_back(node: &Node, user: &str, connection: &str, position: &Value) -> Peer {
    let hello = json!({ "connection": connection, "resume": { "room": position } });
    node.greet(user, hello).await
}

/// Reads an event of the room, which must say this, and returns its position.
async fn hears(peer: &mut Peer, text: &str) -> Value {
    let mut message = peer.next().await;
    assert_eq!(message["data"]["text"], text, "{message}");
    assert_eq!(message["channel"], "room");
    message["pos"].take()
}

async fn is_resumed(peer: &mut Peer) -> Value {
    let mut joined = peer.next().await["joined"].take();
    assert_eq!(joined["resumed"], true, "{joined}");
    peer.next_event("app.ready").await;
    joined["pos"].take()
}

/// Reads that something is missing, and why.
async fn misses(peer: &mut Peer, why: &str) {
    let joined = peer.next().await;
    assert_eq!(joined["joined"]["resumed"], false, "{joined}");
    let gap = peer.next().await;
    assert_eq!(gap["gap"]["why"], why, "{gap}");
    assert_eq!(gap["gap"]["pos"], joined["joined"]["pos"]);
    peer.next_event("app.ready").await;
}

#[tokio::test]
async fn a_client_that_comes_back_is_given_exactly_what_it_missed_in_order() {
    let mut node = Node::start().await;
    let (mut ana, _) = arrive(&node, "ana").await;
    node.room.broadcast(&said("seen")).unwrap();
    let position = hears(&mut ana, "seen").await;
    let connection = ana.connection().to_owned();
    drop(ana);
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1006));
    for text in ["first", "second"] {
        node.room.broadcast(&said(text)).unwrap();
    }
    node.room.send("bo", &said("to bo only")).unwrap();
    node.room.send("ana", &said("to ana only")).unwrap();
    node.room.broadcast_local(&said("past the log")).unwrap();

    let mut ana = come_back(&node, "ana", &connection, &position).await;
    for text in ["first", "second", "to ana only"] {
        hears(&mut ana, text).await;
    }
    is_resumed(&mut ana).await;
    node.room.broadcast(&said("live again")).unwrap();
    hears(&mut ana, "live again").await;
}

#[tokio::test]
async fn a_client_that_missed_more_than_its_outbox_holds_is_given_all_of_it() {
    let node = Node::with(Setup {
        limits: Limits::default().with_outbox_bytes(10_000),
        ..Setup::default()
    })
    .await;
    let (ana, position) = arrive(&node, "ana").await;
    let connection = ana.connection().to_owned();
    drop(ana);
    let (mut bo, _) = arrive(&node, "bo").await;
    let text = |number: usize| format!("{number} {}", "x".repeat(1_000));
    // The log has what bo, who keeps up, has heard.
    for number in 0..100 {
        node.room.broadcast(&said(text(number))).unwrap();
        hears(&mut bo, &text(number)).await;
    }
    let mut ana = come_back(&node, "ana", &connection, &position).await;
    for number in 0..100 {
        hears(&mut ana, &text(number)).await;
    }
    is_resumed(&mut ana).await;
}

#[tokio::test]
async fn a_client_that_has_missed_nothing_is_given_nothing() {
    let node = Node::start().await;
    let (ana, position) = arrive(&node, "ana").await;
    let mut again = come_back(&node, "ana", ana.connection(), &position).await;
    assert_eq!(is_resumed(&mut again).await, position);
}

#[tokio::test]
async fn a_client_that_comes_back_does_not_hear_what_it_told_others_before() {
    let node = Node::start().await;
    let (mut ana, position) = arrive(&node, "ana").await;
    let (mut bo, _) = arrive(&node, "bo").await;
    ana.emit("room.tell-others", json!({ "text": "from ana" }))
        .await;
    hears(&mut bo, "from ana").await;
    bo.emit("room.tell-others", json!({ "text": "from bo" }))
        .await;
    hears(&mut ana, "from bo").await;
    let mut again = come_back(&node, "ana", ana.connection(), &position).await;
    hears(&mut again, "from bo").await;
    is_resumed(&mut again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_comes_back_again_and_again_misses_nothing_and_sees_nothing_twice() {
    const RETURNS: usize = 50;
    let node = Node::with(Setup {
        retention: Retention::new(1_000_000, Duration::from_secs(60)),
        // Nobody who speaks is as fast as a loop: here it may be faster than the client reads.
        limits: Limits::default().with_outbox_bytes(1 << 30),
        ..Setup::default()
    })
    .await;
    let (mut ana, mut position) = arrive(&node, "ana").await;
    let (away, mut is_away) = tokio::sync::watch::channel(false);
    let room = node.room.clone();
    // Speaks while the client is on its way, so that events fall into every moment of its return.
    let publishing = tokio::spawn(async move {
        let mut count = 0;
        while is_away.wait_for(|away| *away).await.is_ok() {
            room.broadcast(&said(count.to_string())).unwrap();
            count += 1;
            yield_now().await;
        }
        count
    });
    let mut next = 0;
    for _ in 0..RETURNS {
        away.send_replace(true);
        let connection = ana.connection().to_owned();
        ana = come_back(&node, "ana", &connection, &position).await;
        loop {
            let mut message = ana.next().await;
            if message["event"] == "room.said" {
                assert_eq!(message["data"]["text"], next.to_string());
                position = message["pos"].take();
                next += 1;
            } else if message["event"] == "app.ready" {
                break;
            } else {
                assert_eq!(message["joined"]["resumed"], true, "{message}");
            }
        }
        away.send_replace(false);
    }
    drop(away);
    let count: usize = publishing.await.unwrap();
    while next < count {
        hears(&mut ana, &next.to_string()).await;
        next += 1;
    }
    assert!(count > RETURNS, "{count} events");
}

/// A client that comes and goes, and what it has heard of each node's speaker.
struct Wanderer {
    user: String,
    connection: String,
    position: Value,
    heard: [usize; 2],
}

impl Wanderer {
    /// Comes back to a node, reads so many events, and is gone without a word.
    async fn visit(&mut self, node: &Node, events: usize) {
        let mut peer = come_back(node, &self.user, &self.connection, &self.position).await;
        peer.connection().clone_into(&mut self.connection);
        for _ in 0..events {
            self.hears(&mut peer).await;
        }
    }

    /// Reads up to the next event.
    async fn hears(&mut self, peer: &mut Peer) {
        loop {
            let mut message = peer.next().await;
            if message["joined"].is_object() {
                assert_eq!(message["joined"]["resumed"], true, "{message}");
                self.position = message["joined"]["pos"].take();
            } else if message["event"] == "room.said" {
                let text = message["data"]["text"].as_str().unwrap();
                let (speaker, number) = text.split_once(' ').unwrap();
                let heard = &mut self.heard[speaker.parse::<usize>().unwrap()];
                assert_eq!(number, heard.to_string(), "{} of {speaker}", self.user);
                *heard += 1;
                self.position = message["pos"].take();
                return;
            } else {
                assert_eq!(message["event"], "app.ready", "{message}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_come_to_either_node_and_go_at_any_moment_hear_everything_once() {
    const CLIENTS: usize = 8;
    const VISITS: usize = 20;
    const EVENTS: usize = 10;
    const TOTAL: usize = CLIENTS * VISITS * EVENTS;
    let (hub, retention) = (MemoryHub::new(), Retention::new(TOTAL * 2, HOUR));
    let node = async || {
        Node::with(Setup {
            cluster: hub.node(),
            retention,
            ..Setup::default()
        })
        .await
    };
    let nodes = Arc::new([node().await, node().await]);
    let mut wanderers = Vec::new();
    for number in 0..CLIENTS {
        let user = format!("user-{number}");
        let (peer, position) = arrive(&nodes[number % 2], &user).await;
        wanderers.push(Wanderer {
            user,
            connection: peer.connection().to_owned(),
            position,
            heard: [0, 0],
        });
    }
    // Both speak whenever somebody is on the way.
    let on_the_way = Arc::new(Semaphore::new(0));
    let speak = |speaker: usize| {
        let (room, on_the_way) = (nodes[speaker].room.clone(), Arc::clone(&on_the_way));
        tokio::spawn(async move {
            for number in 0..TOTAL / 2 {
                on_the_way.acquire().await.unwrap().forget();
                room.broadcast(&said(format!("{speaker} {number}")))
                    .unwrap();
            }
        })
    };
    let speaking = [speak(0), speak(1)];
    let mut visiting = JoinSet::new();
    for (number, mut wanderer) in wanderers.into_iter().enumerate() {
        let (nodes, on_the_way) = (Arc::clone(&nodes), Arc::clone(&on_the_way));
        visiting.spawn(async move {
            for visit in 0..VISITS {
                on_the_way.add_permits(EVENTS);
                let node = &nodes[(number + visit) % 2];
                // Gone before it is registered, in the middle of what it missed, and later.
                wanderer
                    .visit(node, (number * 7 + visit * 3) % EVENTS)
                    .await;
            }
            wanderer
        });
    }
    let wanderers = visiting.join_all().await;
    for speaking in speaking {
        speaking.await.unwrap();
    }
    for mut wanderer in wanderers {
        let left = TOTAL - wanderer.heard.iter().sum::<usize>();
        wanderer.visit(&nodes[0], left).await;
        assert_eq!(wanderer.heard, [TOTAL / 2; 2]);
    }
}

#[tokio::test]
async fn what_the_log_no_longer_has_is_a_gap() {
    let node = node_that_keeps(2).await;
    let (ana, position) = arrive(&node, "ana").await;
    for text in ["first", "second", "third"] {
        node.room.broadcast(&said(text)).unwrap();
    }
    let mut again = come_back(&node, "ana", ana.connection(), &position).await;
    misses(&mut again, "trimmed").await;
    node.room.broadcast(&said("live again")).unwrap();
    hears(&mut again, "live again").await;
}

#[tokio::test]
async fn a_position_that_is_none_is_a_gap() {
    let node = Node::start().await;
    for nonsense in ["", "nonsense", "AAYJ2v4EAAABI0VniavN7w=="] {
        let mut peer = come_back(&node, "ana", "c-0000000000000000", &json!(nonsense)).await;
        misses(&mut peer, "reset").await;
    }
}

#[tokio::test]
async fn a_position_of_another_history_is_a_gap() {
    let node = Node::start().await;
    let (mut ana, _) = arrive(&node, "ana").await;
    node.room.broadcast(&said("seen")).unwrap();
    let position = hears(&mut ana, "seen").await;
    // The same number, and another mark: the text form has the number in its first half.
    let mut other = position.as_str().unwrap().as_bytes().to_vec();
    other[15] = if other[15] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap();
    let mut again = come_back(&node, "ana", ana.connection(), &json!(other)).await;
    misses(&mut again, "forked").await;
}

#[tokio::test]
async fn a_channel_without_history_has_no_positions() {
    let node = Node::with(Setup {
        retention: Retention::none(),
        ..Setup::default()
    })
    .await;
    let mut ana = node.greet("ana", json!({})).await;
    ana.next_event("app.ready").await;
    node.room.broadcast(&said("hello")).unwrap();
    let message = ana.next().await;
    assert_eq!(message["data"]["text"], "hello");
    assert!(message.get("pos").is_none());
}

#[tokio::test]
async fn an_ephemeral_event_reaches_who_is_there_and_nobody_who_comes_back() {
    let node = Node::start().await;
    let (mut ana, position) = arrive(&node, "ana").await;
    node.room.broadcast(&said("one")).unwrap();
    node.room.broadcast(&Hinted {}).unwrap();
    node.room.broadcast(&said("two")).unwrap();
    hears(&mut ana, "one").await;
    let hint = ana.next().await;
    assert_eq!(hint["event"], "room.hinted");
    assert!(hint.get("pos").is_none(), "{hint}");
    hears(&mut ana, "two").await;
    let mut again = come_back(&node, "ana", ana.connection(), &position).await;
    hears(&mut again, "one").await;
    hears(&mut again, "two").await;
    is_resumed(&mut again).await;
}
