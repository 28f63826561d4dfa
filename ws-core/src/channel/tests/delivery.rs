//! What is sent to a channel, and to whom it comes.

use tokio::runtime::Builder;

use super::{
    abandon, bare, connection, core, core_with, first_position, last_position, message, say, send,
    sent, session, settle,
};
use crate::MemoryHub;
use crate::client::Connection;
use crate::cluster::{Cluster, Retention, Target};
use crate::error::SendError;
use crate::protocol::{Close, CloseCode, Position};

#[tokio::test]
async fn each_message_reaches_those_it_is_for_and_all_see_one_order() {
    let core = core(&Cluster::in_memory());
    let (ana, ana_too, bea) = (bare(), bare(), bare());
    core.register("ana", &ana).await.unwrap();
    core.register("ana", &ana_too).await.unwrap();
    core.register("bea", &bea).await.unwrap();
    for (target, text) in [
        (Target::All, "all"),
        (Target::User("ana".into()), "ana"),
        (Target::Others(ana.id), "others"),
        (Target::User("nobody".into()), "nobody"),
        (Target::User("bea".into()), "bea"),
        (Target::All, "all again"),
    ] {
        send(&core, target, text).unwrap();
    }
    settle(&core).await;
    assert_eq!(sent(&ana), ["all", "ana", "all again"]);
    assert_eq!(sent(&ana_too), ["all", "ana", "others", "all again"]);
    assert_eq!(sent(&bea), ["all", "others", "bea", "all again"]);
}

#[tokio::test]
async fn more_members_than_are_served_at_once_all_receive_each_message_once() {
    let core = core(&Cluster::in_memory());
    let mut members = Vec::new();
    for number in 0..1000 {
        let member = bare();
        core.register(&format!("user {number}"), &member)
            .await
            .unwrap();
        members.push(member);
    }
    say(&core, "one");
    settle(&core).await;
    say(&core, "two");
    settle(&core).await;
    for member in &members {
        assert_eq!(sent(member), ["one", "two"]);
    }
}

#[tokio::test]
async fn who_comes_during_a_delivery_sees_it_in_the_position_and_not_as_a_message() {
    let core = core(&Cluster::in_memory());
    for number in 0..600 {
        core.register(&format!("user {number}"), &bare())
            .await
            .unwrap();
    }
    // The room is left half empty, so that who comes takes a place that the delivery has passed, or has before it.
    for number in (0..600).step_by(2) {
        core.unregister(&format!("user {number}")).await.unwrap();
    }
    let mut late = Vec::new();
    for round in 0..50 {
        say(&core, &format!("before {round}"));
        // Lets the delivery begin, at most.
        tokio::task::yield_now().await;
        let member = session(None);
        core.register(&format!("late {round}"), &member)
            .await
            .unwrap();
        say(&core, &format!("after {round}"));
        late.push(member);
    }
    settle(&core).await;
    let witness = session(None);
    core.register("witness", &witness).await.unwrap();
    let head = last_position(&witness);
    for (round, member) in late.iter().enumerate() {
        let first = first_position(member);
        let count = sent_after_joined(member);
        assert_eq!(
            first.seq + count,
            head.seq,
            "who came in round {round} was sent each message after its position once"
        );
    }
}

fn sent_after_joined(connection: &Connection) -> u64 {
    sent(connection).len() as u64
}

#[tokio::test]
async fn a_channel_without_history_tells_no_positions() {
    let core = core_with(&Cluster::in_memory(), Retention::none());
    let ana = session(Some(Some(Position { seq: 7, mark: 7 })));
    core.register("ana", &ana).await.unwrap();
    say(&core, "hello");
    settle(&core).await;
    assert_eq!(sent(&ana), ["hello"]);
}

#[tokio::test]
async fn a_disconnect_comes_after_what_was_sent_before_it() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    core.register("ana", &ana).await.unwrap();
    say(&core, "goodbye");
    core.disconnect(None, Close::new(CloseCode::REVOKED, "closed"))
        .unwrap();
    say(&core, "too late");
    settle(&core).await;
    assert_eq!(sent(&ana), ["goodbye", "4503"]);
}

#[tokio::test]
async fn a_node_that_falls_behind_reads_the_log_and_misses_nothing() {
    let hub = MemoryHub::new();
    let (here, cluster) = (core(&hub.node()), hub.node());
    let ana = connection(1 << 30, None);
    here.register("ana", &ana).await.unwrap();
    let text = "x".repeat(1_000_000);
    // Never waits, so that the other node has no time in between.
    for number in 0..12 {
        let messages = vec![message(Target::All, &format!("{number} {text}"))];
        let backend = cluster.backend();
        assert!(!abandon(backend.publish(
            "test/room",
            Retention::default(),
            messages
        )));
    }
    settle(&here).await;
    let sent = sent(&ana);
    let numbers: Vec<&str> = sent
        .iter()
        .filter_map(|text| text.split(' ').next())
        .collect();
    assert_eq!(
        numbers,
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]
    );
}

#[tokio::test]
async fn a_sender_who_outruns_the_cluster_is_told() {
    let core = core(&Cluster::in_memory());
    let text = "x".repeat(200_000);
    let refused = (0..100)
        .map(|_| send(&core, Target::All, &text))
        .find(Result::is_err);
    assert_eq!(refused, Some(Err(SendError::Backpressure)));
    settle(&core).await;
    assert_eq!(send(&core, Target::All, &text), Ok(()));
}

#[tokio::test]
async fn an_event_that_would_close_every_receiver_is_refused() {
    let core = core(&Cluster::in_memory());
    let text = "x".repeat(256 * 1024 + 1);
    let refused = send(&core, Target::All, &text);
    assert!(matches!(refused, Err(SendError::TooLarge { .. })));
}

#[test]
fn sending_works_outside_of_a_runtime() {
    let core = core(&Cluster::in_memory());
    say(&core, "to nobody");
    assert!(core.is_quiet());
    let runtime = Builder::new_multi_thread().enable_time().build().unwrap();
    let ana = bare();
    runtime.block_on(core.register("ana", &ana)).unwrap();
    say(&core, "to ana");
    runtime.block_on(settle(&core));
    assert_eq!(sent(&ana), ["to ana"]);
    drop(runtime);
    say(&core, "after the runtime");
    say(&core, "and again");
}
