//! Who is in a channel, whatever becomes of Redis meanwhile.

use std::time::Duration;

use redis_server::RedisServer;

use super::{RETENTION, follow, member, open, other_user, pair, until, users, where_ana_is};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::keys::Partition;
use crate::cluster::redis::node::Node;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, Enrolment};
use crate::protocol::ConnectionId;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_channel_that_somebody_left_twice() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let leave = Enrolment::Leave(ConnectionId::random());
    node.update("room", vec![leave]).await.unwrap();
    assert!(node.node().presence.state().own.is_empty());
}

/// A channel in another partition than these. Who holds the turn of that partition holds up the task that notes channels later,
/// so that it cannot be what has noted these.
fn channel_elsewhere(channels: &[&str]) -> String {
    let mut names = (0..).map(|number| format!("elsewhere {number}"));
    let is_elsewhere = |name: &String| {
        let mut partitions = channels.iter().map(|channel| Partition::of(channel));
        partitions.all(|partition| partition != Partition::of(name))
    };
    names.find(is_elsewhere).unwrap()
}

/// Whether Redis has noted that this node may have members in a channel.
fn is_noted(server: &RedisServer, node: &Node, channel: &str) -> bool {
    let noted = node.keys.channels_of(&node.name().to_string());
    server.ask(&["SISMEMBER", &noted, channel]).unwrap() == "1"
}

/// The members of a node that was killed between the two stayed in Redis for a day.
#[tokio::test(flavor = "multi_thread")]
async fn who_joins_is_in_a_channel_that_redis_has_noted_by_then() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let channels = ["one", "two", "three"];
    let elsewhere = channel_elsewhere(&channels);
    let turns = node.enrolling(Partition::of(&elsewhere));
    let turn = turns.read().await;
    node.presence.tell_later(&elsewhere);
    until("the task waits", async || turns.try_read().is_err()).await;
    for channel in channels {
        let joins = vec![Enrolment::Join(member("ana"))];
        backend.update(channel, joins).await.unwrap();
        assert!(is_noted(&server, node, channel), "{channel}");
    }
    drop(turn);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_of_later_is_in_a_channel_that_redis_has_noted_by_then() {
    let server = RedisServer::start().unwrap();
    let [backend, there] = pair(&server).await;
    let node = backend.node();
    let elsewhere = channel_elsewhere(&["room"]);
    let turn = node.enrolling(Partition::of(&elsewhere)).read().await;
    {
        // One round tells of both channels, and does not end before it has its turn in each.
        let mut state = node.presence.state();
        for channel in ["room", &elsewhere] {
            let own = state.own.entry(channel.to_owned()).or_default();
            own.take(vec![Enrolment::Join(member("ana"))]);
            own.is_outdated = true;
        }
    }
    node.presence.is_due.notify_one();
    until("she is told of", async || {
        users(&there, "room").await == ["ana"]
    })
    .await;
    assert!(is_noted(&server, node, "room"));
    drop(turn);
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
