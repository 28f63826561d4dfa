//! Who is in a channel, whatever becomes of Redis meanwhile.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use redis_server::RedisServer;
use tokio::time::timeout;

use super::{Given, RETENTION, follow, open, pair, until};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, ClusterStatus, Enrolment, Member};
use crate::protocol::ConnectionId;

fn member(user: &str) -> Member {
    Member {
        user: user.into(),
        connection: ConnectionId::random(),
        since: SystemTime::now(),
    }
}

async fn users(node: &RedisBackend, channel: &str) -> Vec<String> {
    let roll = node.members(channel).await.unwrap();
    let users = roll.members.iter().map(|member| member.user.to_string());
    users.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_channel_that_somebody_left_twice() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let leave = Enrolment::Leave(ConnectionId::random());
    node.update("room", vec![leave]).await.unwrap();
    assert!(node.node().presence.state().own.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_and_left_while_redis_paused_does_not_stay_listed() {
    let server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_lease(Duration::from_millis(300));
    let here = RedisBackend::connect(options.clone()).await.unwrap();
    let there = RedisBackend::connect(options).await.unwrap();
    let _sinks = [
        follow(&here, RETENTION).await,
        follow(&there, RETENTION).await,
    ];
    here.update("room", vec![Enrolment::Join(member("cleo"))])
        .await
        .unwrap();
    server.signal("STOP").unwrap();
    let ana = member("ana");
    let leave = Enrolment::Leave(ana.connection);
    // It is given up after a second and a half, which is longer than the lease, and carried out when Redis goes on.
    here.update("room", vec![Enrolment::Join(ana)])
        .await
        .unwrap();
    here.update("room", vec![leave]).await.unwrap();
    assert_eq!(users(&here, "room").await, ["cleo"]);
    server.signal("CONT").unwrap();
    until("everything is told", async || {
        let state = here.node().presence.state();
        state.own.values().all(|own| !own.is_outdated)
    })
    .await;
    // Behind whatever was told before.
    there
        .update("room", vec![Enrolment::Join(member("bea"))])
        .await
        .unwrap();
    until("she is listed", async || {
        users(&here, "room").await.contains(&"bea".to_owned())
    })
    .await;
    let mut listed = users(&here, "room").await;
    listed.sort();
    assert_eq!(listed, ["bea", "cleo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_redis_refuses_does_not_keep_others_from_knowing_who_is_in_the_rest() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let (bad, good): (Vec<String>, Vec<String>) = (0..10)
        .map(|number| (format!("bad {number}"), format!("good {number}")))
        .unzip();
    let version = |channel: &String| here.node().keys.channel(channel).version;
    let mut sinks = Vec::new();
    for channel in &good {
        sinks.push(open(&there, channel, RETENTION).await);
    }
    for channel in bad.iter().chain(&good) {
        server
            .ask(&["LPUSH", &version(channel), "no number"])
            .unwrap();
        here.update(channel, vec![Enrolment::Join(member("ana"))])
            .await
            .unwrap();
    }
    for channel in &good {
        server.ask(&["DEL", &version(channel)]).unwrap();
    }
    for channel in &good {
        until(channel, async || users(&there, channel).await == ["ana"]).await;
    }
}

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
    assert_eq!(left, Ok(()));
}

/// Two nodes with these URLs and a long lease. The first has a member, and the second knows her.
async fn where_ana_is(here: &str, there: &str) -> (Member, [RedisBackend; 2], Arc<Given>) {
    let connect = async |url: &str| {
        let options = RedisOptions::new(url).with_lease(Duration::from_secs(60));
        RedisBackend::connect(options).await.unwrap()
    };
    let [here, there] = [connect(here).await, connect(there).await];
    let sink = follow(&there, RETENTION).await;
    let ana = member("ana");
    here.update("room", vec![Enrolment::Join(ana.clone())])
        .await
        .unwrap();
    until("she is listed", async || {
        users(&there, "room").await == ["ana"]
    })
    .await;
    (ana, [here, there], sink)
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
        assert_eq!(left, Ok(()));
        until("nobody is listed", async || {
            users(&there, "room").await.is_empty()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_a_node_that_left_unheard_are_listed_no_more() {
    let server = RedisServer::start().unwrap();
    let user = |rule: &str| {
        let rules = [
            "ACL", "SETUSER", "there", rule, ">secret", "~*", "&*", "+@all",
        ];
        server.ask(&rules).unwrap();
    };
    user("on");
    let url = format!("redis://there:secret@127.0.0.1:{}", server.port());
    let (_, [here, there], _sink) = where_ana_is(&server.url(), &url).await;
    user("off");
    server.ask(&["CLIENT", "KILL", "USER", "there"]).unwrap();
    let mut status = there.status();
    status
        .wait_for(|status| *status != ClusterStatus::Up)
        .await
        .unwrap();
    here.close().await;
    user("on");
    until("nobody is listed", async || {
        users(&there, "room").await.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_comes_to_its_end_whatever_the_options_say() {
    let server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_lease(Duration::MAX);
    let node = RedisBackend::connect(options).await.unwrap();
    let (leases, name) = (node.node().keys.leases(), node.node().name().to_string());
    let ends: f64 = server
        .ask(&["ZSCORE", &leases, &name])
        .unwrap()
        .parse()
        .unwrap();
    let time = server.ask(&["TIME"]).unwrap();
    let now: f64 = time.lines().next().unwrap().parse().unwrap();
    assert!(ends / 1000.0 - now < 3601.0, "{ends}");
}
