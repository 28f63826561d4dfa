//! Clients that come to a node after a failover of Redis that has lost messages.

use std::sync::Arc;

use redis_server::RedisServer;

use super::{Given, RETENTION, Takeover, event, follow, pair, publish, text};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::keys::{PARTITIONS, Partition};
use crate::cluster::redis::node::Node;
use crate::cluster::{Backend, Frame, GapReason, Message, Recovery};
use crate::protocol::Position;

/// Two nodes that have delivered `both` and then `lost 1` and `lost 2`, which Redis has lost since, and then `new 1` and so on.
struct Case {
    nodes: [RedisBackend; 2],
    given: [Arc<Given>; 2],
    both: Position,
    lost: Position,
}

impl Case {
    async fn begin(server: &RedisServer, new: usize) -> Self {
        let nodes = pair(server).await;
        let given = [
            follow(&nodes[0], RETENTION).await,
            follow(&nodes[1], RETENTION).await,
        ];
        let at = || nodes[0].node().feeds.get("room").unwrap().at().unwrap();
        publish(&nodes[0], RETENTION, event("before")).await;
        publish(&nodes[0], RETENTION, event("both")).await;
        given[0].are(2).await;
        let both = at();
        let mut lost = both;
        for number in 1..=2 {
            publish(&nodes[0], RETENTION, event(format!("lost {number}"))).await;
            given[0].are(2 + number).await;
            lost = at();
            let entry = format!("{}-{}", lost.seq, lost.mark);
            let keys = nodes[0].node().keys.channel("room");
            given[1].are(2 + number).await;
            server.ask(&["XDEL", &keys.log, &entry]).unwrap();
        }
        let keys = nodes[0].node().keys.channel("room");
        let last = format!("{}-{}", both.seq, both.mark);
        server.ask(&["XSETID", &keys.log, &last]).unwrap();
        let seq = both.seq.to_string();
        server.ask(&["SET", &keys.seq, &seq]).unwrap();
        server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
        for given in &given {
            assert_eq!(given.are(5).await[4], "gap");
        }
        for number in 1..=new {
            publish(&nodes[0], RETENTION, event(format!("new {number}"))).await;
        }
        for given in &given {
            given.are(5 + new).await;
        }
        Self {
            nodes,
            given,
            both,
            lost,
        }
    }

    /// What somebody is given who comes to the other node from there, page by page.
    async fn given_from(&self, from: Position) -> Vec<String> {
        given_from(&self.nodes[1], from).await
    }
}

/// What somebody is given who comes to a node from there, page by page.
pub(super) async fn given_from(node: &RedisBackend, from: Position) -> Vec<String> {
    let (mut at, mut given) = (from, Vec::new());
    loop {
        let (frames, more) = match node.recover("room", at).await.unwrap() {
            Recovery::Exact { frames, more } => (frames, more),
            Recovery::Gap {
                head, frames, more, ..
            } => {
                given.push("gap".to_owned());
                at = head;
                (frames, more)
            }
            Recovery::Broken { .. } => {
                given.push("gap up to the head".to_owned());
                return given;
            }
        };
        for (position, message) in frames.iter().flat_map(Frame::iter) {
            if let Some(position) = position.filter(|position| position.seq > at.seq) {
                at = position;
                // A gap is told above.
                given.extend((!matches!(message, Message::Gap)).then(|| text(message)));
            }
        }
        if !more {
            return given;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_what_a_failover_lost_is_told_so_on_another_node_and_given_everything_behind_it() {
    let server = RedisServer::start().unwrap();
    let case = Case::begin(&server, 3).await;
    let behind = ["gap", "new 1", "new 2", "new 3"];
    assert_eq!(case.given_from(case.lost).await, behind);
    let first = Position {
        seq: case.both.seq + 1,
        ..case.lost
    };
    assert_ne!(first, case.lost);
    // Under the mark of another one, it was never there.
    assert_eq!(case.given_from(first).await, ["gap up to the head"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_from_before_a_failover_is_given_what_is_left_and_told_the_gap_at_its_place() {
    let server = RedisServer::start().unwrap();
    let case = Case::begin(&server, 2).await;
    let before = Position {
        seq: case.both.seq - 1,
        mark: case.both.mark - 1,
    };
    let expected = ["both", "gap", "new 1", "new 2"];
    assert_eq!(case.given_from(before).await, expected);
    assert_eq!(case.given_from(case.both).await, expected[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_behind_a_failover_is_read_from_the_log_where_the_node_does_not_have_it_any_more()
{
    let server = RedisServer::start().unwrap();
    let case = Case::begin(&server, 0).await;
    let long = "x".repeat(200_000);
    for _ in 0..8 {
        publish(&case.nodes[0], RETENTION, event(&long)).await;
    }
    case.given[1].are(13).await;
    let given = case.given_from(case.lost).await;
    assert_eq!(given.len(), 9);
    assert_eq!(given[0], "gap");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_was_made_up_is_given_nothing_after_a_failover() {
    let server = RedisServer::start().unwrap();
    let case = Case::begin(&server, 2).await;
    for seq in [case.both.seq - 1, case.both.seq, case.lost.seq, 1] {
        let made_up = Position { seq, mark: 7 };
        assert_eq!(case.given_from(made_up).await, ["gap up to the head"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_has_not_noticed_a_failover_tells_no_gap_to_who_comes_from_the_new_log() {
    let scene = Takeover::begin().await;
    let Takeover { behind, ahead, .. } = &scene;
    let node = behind.node();
    let given = follow(ahead, RETENTION).await;
    publish(ahead, RETENTION, event("the new one")).await;
    given.are(1).await;
    let at_of = |node: &Node| node.feeds.get("room").unwrap().at().unwrap();
    let at = at_of(ahead.node());
    assert_eq!(at.seq, at_of(node).seq, "in its place");
    publish(ahead, RETENTION, event("next")).await;
    // It still hears the old one, and knows whom to ask.
    let owner = ahead.node().topology.owner(Partition::FIRST);
    let owners = [const { None }; PARTITIONS];
    node.topology.set(owners.map(|_: Option<()>| owner.clone()));
    let recovery = behind.recover("room", at).await.unwrap();
    let Recovery::Exact { frames, .. } = recovery else {
        panic!("{recovery:?}");
    };
    let last = frames.last().unwrap();
    assert_eq!(text(&last.messages[0]), "next");
    // Nor does that hold for who has what only the old one has.
    let made_up = Position { mark: 7, ..at };
    assert!(matches!(
        behind.recover("room", made_up).await,
        Ok(Recovery::Broken {
            why: GapReason::Forked,
            ..
        })
    ));
}
