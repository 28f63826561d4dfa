//! Orders to end connections: each is carried out once, also on a node that does not hear it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use redis_server::RedisServer;

use super::super::feed::Observed;
use super::super::frame;
use super::super::log::Post;
use super::super::orders::Order;
use super::{RETENTION, RedisBackend, event, follow, pair, publish};
use crate::cluster::{Message, Retention};
use crate::protocol::{Close, CloseCode};

fn end_of(user: Option<&str>) -> Message {
    Message::Disconnect {
        user: user.map(Into::into),
        close: Close::new(CloseCode::REVOKED, "over"),
    }
}

fn hears(node: &RedisBackend, hears: bool) {
    let lost = u64::from(!hears);
    node.node().faults.lost.store(lost, Ordering::Relaxed);
}

/// The watchdog looks at the channel, as often as it takes until it believes what it sees.
async fn is_looked_at(node: &RedisBackend) {
    let feed = node.node().feeds.get("room").unwrap();
    for _ in 0..2 {
        let feeds = [Arc::clone(&feed)];
        node.node().look(feed.keys.partition, &feeds).await;
    }
}

/// How many orders for single users are kept.
fn kept(server: &RedisServer, node: &RedisBackend) -> String {
    let key = node.node().keys.channel("room").orders;
    server.ask(&["XLEN", &key]).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_node_disconnects_its_members_all_the_same() {
    for (user, order) in [(None, "disconnect"), (Some("ana"), "disconnect ana")] {
        for retention in [RETENTION, Retention::none()] {
            let server = RedisServer::start().unwrap();
            let [here, there] = pair(&server).await;
            let given = follow(&there, retention).await;
            hears(&there, false);
            publish(&here, retention, end_of(user)).await;
            assert_eq!(given.are(1).await, [order]);
            hears(&there, true);
            publish(&here, retention, event("after")).await;
            // It comes on two ways, but who has come meanwhile is not meant.
            assert_eq!(given.are(2).await, [order, "after"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_closed_on_a_deaf_node_is_given_first_what_was_sent_before() {
    for (user, order) in [(None, "disconnect"), (Some("ana"), "disconnect ana")] {
        let server = RedisServer::start().unwrap();
        let [here, there] = pair(&server).await;
        let given = follow(&there, RETENTION).await;
        hears(&there, false);
        for text in ["one", "two"] {
            publish(&here, RETENTION, event(text)).await;
        }
        publish(&here, RETENTION, end_of(user)).await;
        publish(&here, RETENTION, event("behind")).await;
        assert_eq!(given.are(4).await, ["one", "two", order, "behind"]);
        // And where the log has yet to take it.
        publish(&here, RETENTION, event("three")).await;
        let node = here.node();
        let keys = node.keys.channel("room");
        let next = Order::among(&[end_of(user)], 7, node.name()).unwrap();
        assert!(node.keep_order(&keys, &next, 7).await.is_ok());
        assert_eq!(given.are(6).await[4..], ["three", order]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_user_is_disconnected_of_those_whose_end_a_node_did_not_hear() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let none = Retention::none();
    let given = follow(&there, none).await;
    for user in ["ana", "bea"] {
        publish(&here, none, end_of(Some(user))).await;
    }
    assert_eq!(given.are(2).await, ["disconnect ana", "disconnect bea"]);
    hears(&there, false);
    for user in ["cy", "dan"] {
        publish(&here, none, end_of(Some(user))).await;
    }
    publish(&here, none, end_of(None)).await;
    publish(&here, none, end_of(Some("eve"))).await;
    // That of everyone means the others, too.
    let mut found = given.are(6).await.split_off(2);
    found.sort();
    let users = ["disconnect cy", "disconnect dan", "disconnect eve"];
    assert_eq!(found, [&["disconnect"], &users[..]].concat());
    hears(&there, true);
    publish(&here, none, end_of(Some("ana"))).await;
    is_looked_at(&there).await;
    publish(&here, none, event("after")).await;
    let behind = given.are(8).await.split_off(6);
    assert_eq!(behind, ["disconnect ana", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_right_after_a_disconnect_is_not_disconnected_again() {
    for (user, order) in [(None, "disconnect"), (Some("ana"), "disconnect ana")] {
        for retention in [RETENTION, Retention::none()] {
            let server = RedisServer::start().unwrap();
            let [here, there] = pair(&server).await;
            let given_here = follow(&here, retention).await;
            let given_there = follow(&there, retention).await;
            publish(&here, retention, end_of(user)).await;
            for (node, given) in [(&here, &given_here), (&there, &given_there)] {
                given.are(1).await;
                is_looked_at(node).await;
            }
            publish(&here, retention, event("after")).await;
            for given in [given_here, given_there] {
                assert_eq!(given.are(2).await, [order, "after"]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_in_an_outage_is_not_disconnected_again_while_redis_takes_the_order() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let given = follow(&node, RETENTION).await;
    let feed = node.node().feeds.get("room").unwrap();
    let order = end_of(None);
    let mark = feed.sent([order.clone()].into());
    feed.deliver_early(&[mark]);
    assert_eq!(given.are(1).await, ["disconnect"]);
    // It is there before the log has it.
    for _ in 0..2 {
        feed.compare(Observed {
            seq: feed.at().map(|at| at.seq),
            version: 0,
            kick: Some((mark, order.clone())),
            ordered: 0,
        });
    }
    publish(&node, RETENTION, event("after")).await;
    assert_eq!(given.are(2).await, ["disconnect", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_past_the_log_that_is_published_again_without_an_answer_is_carried_out_once() {
    for (user, order) in [(None, "disconnect"), (Some("ana"), "disconnect ana")] {
        let server = RedisServer::start().unwrap();
        let [here, there] = pair(&server).await;
        let given = follow(&there, Retention::none()).await;
        let node = here.node();
        let messages = [event("before"), end_of(user)];
        let frame = frame::encode_messages(node.name(), &messages);
        let post = Post::new(7, frame, messages.len(), Retention::none());
        let post = post.ordering(&messages, node.name());
        let keys = node.keys.channel("room");
        for _ in 0..2 {
            assert!(node.append("room", &keys, &post).await.is_ok());
        }
        publish(&here, Retention::none(), event("after")).await;
        assert_eq!(given.are(3).await, ["before", order, "after"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_comes_later_carries_out_no_earlier_order() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let none = Retention::none();
    publish(&here, none, end_of(None)).await;
    publish(&here, none, end_of(Some("ana"))).await;
    let given = follow(&there, none).await;
    is_looked_at(&there).await;
    hears(&there, false);
    publish(&here, none, end_of(Some("bea"))).await;
    assert_eq!(given.are(1).await, ["disconnect bea"]);
    hears(&there, true);
    publish(&here, none, event("after")).await;
    assert_eq!(given.are(2).await, ["disconnect bea", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_found_after_redis_has_lost_those_before_them() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let none = Retention::none();
    let given = follow(&there, none).await;
    publish(&here, none, end_of(Some("ana"))).await;
    given.are(1).await;
    server.ask(&["FLUSHALL"]).unwrap();
    hears(&there, false);
    publish(&here, none, end_of(Some("bea"))).await;
    assert_eq!(given.are(2).await, ["disconnect ana", "disconnect bea"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_kept_once_however_often_it_is_tried_and_the_last_thousand_are_kept() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let keys = node.node().keys.channel("room");
    let order = Order::among(&[end_of(Some("ana"))], 1, node.node().name()).unwrap();
    for mark in [1, 2, 1, 2, 2] {
        let kept = node.node().keep_order(&keys, &order, mark).await;
        assert!(kept.is_ok());
    }
    assert_eq!(kept(&server, &node), "2");
    for mark in 3..=1100 {
        let kept = node.node().keep_order(&keys, &order, mark).await;
        assert!(kept.is_ok());
    }
    assert_eq!(kept(&server, &node), "1000");
}
