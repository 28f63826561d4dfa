//! Who is in a channel, whatever becomes of Redis meanwhile.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use redis_server::{RedisCluster, RedisServer};
use tokio::time::timeout;

use super::{Given, RETENTION, follow, open, pair, until};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::keys::Partition;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, Cluster, ClusterStatus, Enrolment, Member};
use crate::error::ClusterError;
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

/// A user of Redis of its own, who may be put out, and the URL with which a node is that user.
fn other_user(server: &RedisServer) -> (impl Fn(&str), String) {
    let user = |rule: &str| {
        let rules = [
            "ACL", "SETUSER", "there", rule, ">secret", "~*", "&*", "+@all",
        ];
        server.ask(&rules).unwrap();
        server.ask(&["CLIENT", "KILL", "USER", "there"]).unwrap();
    };
    user("on");
    let url = format!("redis://there:secret@127.0.0.1:{}", server.port());
    (user, url)
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
    here.close().await;
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
    here.close().await;
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
    here.close().await;
    // The other node looks who is there.
    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
    until("nobody is listed", async || {
        users(&there, "room").await.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_redis_has_forgotten_by_going_back_does_not_seem_to_leave_and_is_told_again() {
    let server = RedisServer::start().unwrap();
    let (user, url) = other_user(&server);
    let (_, [here, there], sink) = where_ana_is(&server.url(), &url).await;
    let _here = follow(&here, RETENTION).await;
    until("it has looked for its own", async || {
        server.calls("hscan").unwrap() > 0
    })
    .await;
    let keys = here.node().keys.channel("room");
    let members = keys.members(&here.node().name().to_string());
    // As a replica that lags and becomes the master.
    server
        .ask(&["DEL", &members, &keys.nodes, &keys.version])
        .unwrap();
    // The other node looks first.
    user("on");
    until("she is told again", async || {
        server.ask(&["EXISTS", &members]).unwrap() == "1"
    })
    .await;
    there
        .update("room", vec![Enrolment::Join(member("bea"))])
        .await
        .unwrap();
    until("both are listed", async || {
        let mut listed = users(&there, "room").await;
        listed.sort();
        listed == ["ana", "bea"]
    })
    .await;
    assert_eq!(sink.left(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_seems_to_leave_while_everything_is_told_again() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let sink = follow(&there, RETENTION).await;
    let joins = (0..5_000).map(|number| Enrolment::Join(member(&format!("user {number}"))));
    let joins: Vec<Enrolment> = joins.collect();
    for batch in joins.chunks(500) {
        here.update("room", batch.to_vec()).await.unwrap();
    }
    until("all are listed", async || {
        users(&there, "room").await.len() == 5_000
    })
    .await;
    let node = here.node();
    for _ in 0..5 {
        node.presence.tell_later("room");
        until("it is told", async || {
            node.presence
                .state()
                .own
                .values()
                .all(|own| !own.is_outdated)
        })
        .await;
        assert_eq!(users(&there, "room").await.len(), 5_000);
    }
    assert_eq!(sink.left(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_holds_up_neither_signs_of_life_nor_who_comes_elsewhere() {
    let cluster = RedisCluster::start().unwrap();
    cluster.wait_until_served().unwrap();
    let options = RedisOptions::new(cluster.url()).with_lease(Duration::from_secs(3));
    let here = RedisBackend::connect(options).await.unwrap();
    let node = here.node();
    let of_leases = cluster.owner(Partition::FIRST.slot()).unwrap();
    let hanging = (of_leases + 1) % RedisCluster::MASTERS;
    let owner = |channel: &String| {
        let slot = node.keys.channel(channel).partition.slot();
        cluster.owner(slot).unwrap()
    };
    let channels_at = |server: usize| {
        let names = (0..).map(|number| format!("channel {number}"));
        let at = names.filter(|channel| owner(channel) == server);
        at.take(12).collect::<Vec<_>>()
    };
    let (near, far) = (channels_at(of_leases), channels_at(hanging));
    // With its replica: nobody takes over.
    for server in [hanging, hanging + RedisCluster::MASTERS] {
        cluster.servers[server].signal("STOP").unwrap();
    }
    let joins = far
        .iter()
        .map(|channel| here.update(channel, vec![Enrolment::Join(member("ana"))]));
    futures_util::future::join_all(joins).await;
    let ends = || {
        let name = node.name().to_string();
        let score = cluster.servers[of_leases].ask(&["ZSCORE", &node.keys.leases(), &name]);
        score.unwrap().parse::<f64>().unwrap()
    };
    for channel in &near[..3] {
        let before = ends();
        let joins = here.update(channel, vec![Enrolment::Join(member("bea"))]);
        let joined = timeout(Duration::from_secs(1), joins).await;
        assert_eq!(joined, Ok(Ok(())));
        until("the lease is renewed", async || ends() > before).await;
    }
    assert_eq!(node.name().incarnation, 0);
    for server in [hanging, hanging + RedisCluster::MASTERS] {
        cluster.servers[server].signal("CONT").unwrap();
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn who_left_right_before_redis_went_back_is_listed_no_more() {
    for follows in [true, false] {
        let server = RedisServer::start().unwrap();
        let (ana, [here, there], _sink) = where_ana_is(&server.url(), &server.url()).await;
        let _here = if follows {
            Some(follow(&here, RETENTION).await)
        } else {
            None
        };
        let keys = here.node().keys.channel("room");
        let members = keys.members(&here.node().name().to_string());
        let known = [&members, &keys.nodes, &keys.version];
        let copy = |from: &str, to: &str| server.ask(&["COPY", from, to, "REPLACE"]).unwrap();
        for key in known {
            copy(key, &format!("{key} before"));
        }
        let leave = Enrolment::Leave(ana.connection);
        here.update("room", vec![leave]).await.unwrap();
        // As a replica that lags and becomes the master.
        for key in known {
            copy(&format!("{key} before"), key);
        }
        server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
        here.node().presence.is_due.notify_one();
        until("nobody is listed", async || {
            users(&there, "room").await.is_empty()
                && server.ask(&["EXISTS", &members]).unwrap() == "0"
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_in_redis_of_channels_that_everyone_has_left() {
    let server = RedisServer::start().unwrap();
    let [here, _] = pair(&server).await;
    for number in 0..50 {
        let (channel, ana) = (format!("room {number}"), member("ana"));
        let leave = Enrolment::Leave(ana.connection);
        here.update(&channel, vec![Enrolment::Join(ana)])
            .await
            .unwrap();
        here.update(&channel, vec![leave]).await.unwrap();
    }
    here.node().presence.is_due.notify_one();
    let channels = here
        .node()
        .keys
        .channels_of(&here.node().name().to_string());
    until("none is listed", async || {
        server.ask(&["SCARD", &channels]).unwrap() == "0"
    })
    .await;
}
