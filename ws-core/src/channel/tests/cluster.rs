//! What a channel makes of a cluster that is away, and of one that has lost something.

use std::time::Duration;

use super::{
    bare, core, first_position, last_position, message, say, send, sent, session, session_that_saw,
    settle,
};
use crate::MemoryHub;
#[cfg(feature = "redis")]
use crate::client::Connection;
use crate::cluster::{Arrival, Cluster, Frame, GapReason, Sink, Target};
use crate::error::{ClusterError, SendError};
use crate::protocol::{Early, Position, Seen};
#[cfg(feature = "redis")]
use {
    super::{Core, core_with},
    crate::cluster::Retention,
    crate::protocol::{Close, CloseCode},
    redis_server::RedisServer,
    std::sync::Arc,
    tokio::runtime::Builder,
    tokio::time::timeout,
};

/// A frame of the log with one message.
fn frame(seq: u64, mark: u64, text: &str) -> Arrival {
    let last = Position { seq, mark };
    Arrival::Frame(Frame::logged(last, [message(Target::All, text)]))
}

#[tokio::test]
async fn what_was_given_early_is_not_given_again_when_the_log_has_it() {
    let core = core(&Cluster::in_memory());
    let (ana, bea) = (session(None), session(None));
    core.register("ana", &ana).await.unwrap();
    let head = first_position(&ana);
    let early = Early::between(5, 5);
    core.take(Arrival::Early(
        early,
        [message(Target::All, "early")].into(),
    ));
    settle(&core).await;
    core.register("bea", &bea).await.unwrap();
    core.take(frame(head.seq + 1, 5, "early"));
    core.take(frame(head.seq + 2, 6, "next"));
    settle(&core).await;
    assert_eq!(sent(&ana), ["early", "next"]);
    assert_eq!(sent(&bea), ["joined", "next"], "it is older than she");
}

#[tokio::test]
async fn a_client_that_was_given_something_early_is_not_given_it_again_when_it_comes_back() {
    let core = core(&Cluster::in_memory());
    let ana = session(None);
    core.register("ana", &ana).await.unwrap();
    let at = first_position(&ana);
    say(&core, "given early");
    settle(&core).await;
    let position = last_position(&ana);
    say(&core, "missed");
    settle(&core).await;
    // The mark of what the log has is that of what the client was given early.
    let early = Early::between(position.mark - 2, position.mark);
    let again = session_that_saw(Some(Some(Seen {
        at,
        early: Some(early),
    })));
    core.register("ana", &again).await.unwrap();
    assert_eq!(sent(&again), ["missed", "joined"]);
}

#[tokio::test]
async fn a_gap_of_the_cluster_is_told_at_its_place() {
    let core = core(&Cluster::in_memory());
    let (ana, bo) = (session(None), bare());
    core.register("ana", &ana).await.unwrap();
    core.register("bo", &bo).await.unwrap();
    let head = first_position(&ana);
    core.take(frame(head.seq + 1, 1, "one"));
    core.take(Arrival::Gap {
        why: GapReason::Reset,
        head: Position { seq: 7, mark: 0 },
    });
    core.take(frame(8, 2, "two"));
    settle(&core).await;
    assert_eq!(sent(&ana), ["one", "gap", "two"]);
    assert_eq!(sent(&bo), ["one", "two"], "it knows no gaps");
}

/// Waits until a connection is sent this, and nothing before it.
#[cfg(feature = "redis")]
async fn hears(connection: &Connection, expected: &str) {
    let heard = async {
        loop {
            match &*sent(connection) {
                [] => tokio::task::yield_now().await,
                heard => return heard.to_vec(),
            }
        }
    };
    let heard = timeout(Duration::from_secs(10), heard).await;
    assert_eq!(heard.unwrap(), [expected]);
}

#[tokio::test]
async fn what_is_sent_right_before_a_node_ends_is_handed_on_and_what_is_sent_later_is_refused() {
    let hub = MemoryHub::new();
    let (ends, stays) = (hub.node(), core(&hub.node()));
    let ana = bare();
    stays.register("ana", &ana).await.unwrap();
    let here = ends.shared("test/room", || core(&ends));
    for text in ["one", "two"] {
        say(&here, text);
    }
    ends.close(Duration::from_secs(10)).await.unwrap();
    assert_eq!(send(&here, Target::All, "late"), Err(SendError::Left));
    let registered = here.register("bo", &bare()).await;
    assert_eq!(registered, Err(ClusterError::Left.into()));
    settle(&stays).await;
    assert_eq!(sent(&ana), ["one", "two"]);
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_without_a_runtime_sends_to_a_channel_that_nobody_here_is_in() {
    let server = RedisServer::start().unwrap();
    let [here, there] = [
        core(&Cluster::redis(server.url()).await.unwrap()),
        core(&Cluster::redis(server.url()).await.unwrap()),
    ];
    let ana = bare();
    there.register("ana", &ana).await.unwrap();
    std::thread::spawn(move || say(&here, "hello"))
        .join()
        .unwrap();
    hears(&ana, "hello").await;
}

/// A channel without history, on two nodes.
#[cfg(feature = "redis")]
async fn without_history(server: &RedisServer) -> [Arc<Core>; 2] {
    let [here, there] = [
        Cluster::redis(server.url()).await.unwrap(),
        Cluster::redis(server.url()).await.unwrap(),
    ];
    [&here, &there].map(|node| core_with(node, Retention::none()))
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_opened_in_a_runtime_that_has_ended_still_hears() {
    let server = RedisServer::start().unwrap();
    let [here, there] = without_history(&server).await;
    // What has no history comes by the subscription alone.
    let ana = bare();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(here.register("ana", &ana)).unwrap();
        });
    });
    say(&there, "hello");
    hears(&ana, "hello").await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn what_has_waited_since_before_a_client_came_does_not_come_behind_what_was_sent_later() {
    let server = RedisServer::start().unwrap();
    let cluster = Cluster::redis(server.url()).await.unwrap();
    let there = core(&Cluster::redis(server.url()).await.unwrap());
    let here = core(&cluster);
    there.register("bea", &bare()).await.unwrap();
    // The subscription goes on, and the log can be read, but takes nothing.
    server.ask(&["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    say(&here, "one");
    let waits = cluster.status_changed_from(&crate::ClusterStatus::Up);
    timeout(Duration::from_secs(10), waits).await.unwrap();
    settle(&here).await;
    let ana = bare();
    here.register("ana", &ana).await.unwrap();
    say(&here, "two");
    settle(&here).await;
    server.ask(&["CONFIG", "SET", "maxmemory", "0"]).unwrap();
    say(&there, "three");
    let mut heard = Vec::new();
    let all = async {
        while cluster.status() != crate::ClusterStatus::Up
            || ["two", "three"]
                .iter()
                .any(|text| !heard.contains(&(*text).to_owned()))
        {
            heard.extend(sent(&ana));
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), all).await.unwrap();
    settle(&here).await;
    heard.extend(sent(&ana));
    // Whether the first one is older than she is, is open.
    heard.retain(|text| text != "three");
    assert!(
        heard == ["one", "two"] || heard == ["two"],
        "sent as one, two, and given as {heard:?}"
    );
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_history_that_is_disconnected_while_redis_is_away_ends_on_every_node() {
    ends_on_every_node_while_redis_is_away(None, ["ana", "bea"]).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_disconnected_while_redis_is_away_ends_on_every_node_without_history_too() {
    ends_on_every_node_while_redis_is_away(Some("ana"), ["ana", "ana"]).await;
}

/// In a channel without history, as which users the members of two nodes are there.
#[cfg(feature = "redis")]
async fn ends_on_every_node_while_redis_is_away(user: Option<&str>, members: [&str; 2]) {
    let mut server = RedisServer::start().unwrap();
    let [here, there] = without_history(&server).await;
    let (ana, bea) = (bare(), bare());
    here.register(members[0], &ana).await.unwrap();
    there.register(members[1], &bea).await.unwrap();
    let bystanders = [bare(), bare()];
    if user.is_some() {
        for (core, bystander) in [&here, &there].into_iter().zip(&bystanders) {
            core.register("cy", bystander).await.unwrap();
        }
    }
    server.kill();
    let revoked = Close::new(CloseCode::REVOKED, "over");
    here.disconnect(user, revoked).unwrap();
    settle(&here).await;
    assert!(ana.outbox.closing().is_some());
    server.restart().unwrap();
    let ends = async {
        while bea.outbox.closing().is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), ends).await.unwrap();
    for bystander in bystanders {
        assert_eq!(bystander.outbox.closing(), None);
    }
}
