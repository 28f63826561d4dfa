//! Nodes that take leave.

use std::sync::Arc;
use std::time::Duration;

use redis_server::RedisServer;
use tokio::time::timeout;

use super::{
    RETENTION, event, follow, member, open, other_user, pair, publish, until, users, where_ana_is,
};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::keys::Partition;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, Cluster, ClusterStatus, Enrolment};
use crate::error::ClusterError;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_leaves_while_redis_is_away_leaves_when_it_is_back() {
    let mut server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    here.update("room", vec![Enrolment::Join(member("ana"))])
        .await
        .unwrap();
    server.kill();
    let back = async {
        let mut status = there.status();
        let notices = status.wait_for(|status| *status != ClusterStatus::Up);
        drop(timeout(Duration::from_secs(10), notices).await.unwrap());
        server.restart().unwrap();
    };
    let (left, ()) = tokio::join!(timeout(Duration::from_secs(20), here.close()), back);
    assert_eq!(left, Ok(Ok(())));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_while_redis_was_away_is_listed_no_more_when_their_node_has_left() {
    for keeps_data in ["yes", "no"] {
        let arguments = ["--appendonly", keeps_data, "--appendfsync", "always"];
        let mut server = RedisServer::with(&arguments).unwrap();
        let (ana, [here, there], _sink) = where_ana_is(&server.url(), &server.url()).await;
        server.kill();
        let leave = Enrolment::Leave(ana.connection);
        here.update("room", vec![leave]).await.unwrap();
        let back = async { server.restart().unwrap() };
        let (left, ()) = tokio::join!(timeout(Duration::from_secs(20), here.close()), back);
        assert_eq!(left, Ok(Ok(())));
        until("nobody is listed", async || {
            users(&there, "room").await.is_empty()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_a_node_that_left_unheard_are_listed_no_more() {
    let server = RedisServer::start().unwrap();
    let (user, url) = other_user(&server);
    let (_, [here, there], _sink) = where_ana_is(&server.url(), &url).await;
    user("off");
    let mut status = there.status();
    status
        .wait_for(|status| *status != ClusterStatus::Up)
        .await
        .unwrap();
    here.close().await.unwrap();
    user("on");
    until("nobody is listed", async || {
        users(&there, "room").await.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_to_a_node_that_has_left() {
    let server = RedisServer::start().unwrap();
    let (_, [here, there], _sink) = where_ana_is(&server.url(), &server.url()).await;
    here.close().await.unwrap();
    let joins = here.update("room", vec![Enrolment::Join(member("bea"))]);
    assert_eq!(joins.await, Err(ClusterError::Left));
    assert_eq!(users(&there, "room").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_leave_nobody_has_waited_for_leaves_when_redis_is_back() {
    let arguments = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut server = RedisServer::with(&arguments).unwrap();
    let (_, [here, there], _sink) = where_ana_is(&server.url(), &server.url()).await;
    let cluster = Cluster::over(Arc::new(here));
    server.kill();
    let closed = cluster.close(Duration::from_millis(100)).await;
    assert!(matches!(closed, Err(ClusterError::Unavailable(_))));
    server.restart().unwrap();
    until("nobody is listed", async || {
        users(&there, "room").await.is_empty()
    })
    .await;
    assert_eq!(cluster.close(Duration::from_secs(10)).await, Ok(()));
    assert_eq!(cluster.status(), ClusterStatus::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_ends_hands_on_what_it_can_and_says_what_redis_refuses_without_waiting_for_that()
 {
    let server = RedisServer::start().unwrap();
    let (_, url) = other_user(&server);
    let [here, there] = [url, server.url()].map(RedisOptions::new);
    let here = RedisBackend::connect(here).await.unwrap();
    let there = RedisBackend::connect(there).await.unwrap();
    let given = open(&there, "open", RETENTION).await;
    for channel in ["room", "open"] {
        let ana = vec![Enrolment::Join(member("ana"))];
        here.update(channel, ana).await.unwrap();
    }
    let keys = ["~*}nodes", "~*}no:*", "~*}probe:*", "~*:open", "~*:open:*"];
    let rules = ["ACL", "SETUSER", "there", "resetkeys"];
    server.ask(&[&rules[..], &keys].concat()).unwrap();
    let messages = || vec![event("one"), event("two")];
    here.publish("room", RETENTION, messages()).await.unwrap();
    here.publish("open", RETENTION, messages()).await.unwrap();
    let cluster = Cluster::over(Arc::new(here));
    for _ in 0..2 {
        let closing = cluster.close(Duration::from_secs(3600));
        let closed = timeout(Duration::from_secs(10), closing).await.unwrap();
        let Err(ClusterError::Unavailable(why)) = closed else {
            panic!("{closed:?}");
        };
        assert!(why.contains("2 messages of 1 channels"), "{why}");
        assert!(
            why.contains("room: ") && why.contains("no permissions"),
            "{why}"
        );
    }
    assert_eq!(cluster.status(), ClusterStatus::Closed);
    assert_eq!(given.are(2).await, ["one", "two"]);
    assert_eq!(users(&there, "open").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_ends_waits_for_what_redis_refuses_for_a_while() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    server.ask(&["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    publish(&here, RETENTION, event("waits")).await;
    let cluster = Cluster::over(Arc::new(here));
    let closed = cluster.close(Duration::from_secs(2)).await;
    assert!(closed.is_err(), "the memory is full");
    server.ask(&["CONFIG", "SET", "maxmemory", "0"]).unwrap();
    assert_eq!(cluster.close(Duration::from_secs(10)).await, Ok(()));
    assert_eq!(given.are(1).await, ["waits"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_takes_leave_of_the_names_that_it_had_before() {
    let server = RedisServer::start().unwrap();
    let options = || RedisOptions::new(server.url()).with_lease(Duration::from_secs(18));
    let connect = async || RedisBackend::connect(options()).await.unwrap();
    let [here, there] = [connect().await, connect().await];
    let _sink = follow(&there, RETENTION).await;
    here.update("room", vec![Enrolment::Join(member("ana"))])
        .await
        .unwrap();
    until("she is listed", async || {
        users(&there, "room").await == ["ana"]
    })
    .await;
    let (keys, name) = (&here.node().keys, here.node().name());
    server
        .ask(&["ZREM", &keys.leases(), &name.to_string()])
        .unwrap();
    until("it goes on under another name", async || {
        here.node().name() != name
    })
    .await;
    // As a user who leaves before everything is told again.
    here.node().presence.state().own.clear();
    here.close().await.unwrap();
    // The other node looks who is there.
    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
    until("nobody is listed", async || {
        users(&there, "room").await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_node_leaves_at_the_first_attempt_however_many_channels_are_to_be_told_again() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let node = here.node();
    let names = (0..).map(|number| format!("channel {number}"));
    let channels: Vec<String> = names
        .filter(|channel| node.keys.channel(channel).partition == Partition::FIRST)
        .take(40)
        .collect();
    for channel in &channels {
        here.update(channel, vec![Enrolment::Join(member("ana"))])
            .await
            .unwrap();
    }
    // Nobody is called to see to it.
    for own in node.presence.state().own.values_mut() {
        own.is_outdated = true;
    }
    assert_eq!(node.try_to_leave().await, Ok(()));
    for channel in &channels {
        assert_eq!(users(&there, channel).await, [""; 0]);
    }
}

#[test]
fn a_node_that_was_told_to_leave_in_a_runtime_that_has_ended_leaves_when_it_is_told_again() {
    let arguments = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut server = RedisServer::with(&arguments).unwrap();
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (home, other) = (runtime(), runtime());
    let cluster = home.block_on(Cluster::redis(server.url())).unwrap();
    server.kill();
    let closed = other.block_on(cluster.close(Duration::ZERO));
    assert!(matches!(closed, Err(ClusterError::Unavailable(_))));
    drop(other);
    server.restart().unwrap();
    let closed = home.block_on(cluster.close(Duration::from_secs(10)));
    assert_eq!(closed, Ok(()));
}
