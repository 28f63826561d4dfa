//! The end of one user's connections: whose they are, and in which order it comes.

use tokio::task::yield_now;

use super::{bare, core, core_with, say, send, sent, session, settle};
use crate::MemoryHub;
use crate::cluster::{Cluster, Retention, Target};
use crate::protocol::{Close, CloseCode};

fn revoked() -> Close {
    Close::new(CloseCode::REVOKED, "banned")
}

#[tokio::test]
async fn the_end_of_a_user_closes_their_connections_on_every_node_and_nobody_elses() {
    for retention in [Retention::default(), Retention::none()] {
        let hub = MemoryHub::new();
        let [here, there] = [hub.node(), hub.node()].map(|node| core_with(&node, retention));
        let (ana, ana_too, ana_there) = (bare(), bare(), bare());
        let (bea, bea_there) = (bare(), bare());
        here.register("ana", &ana).await.unwrap();
        here.register("ana", &ana_too).await.unwrap();
        here.register("bea", &bea).await.unwrap();
        there.register("ana", &ana_there).await.unwrap();
        there.register("bea", &bea_there).await.unwrap();
        send(&here, Target::User("ana".into()), "to ana").unwrap();
        say(&here, "to all");
        here.disconnect(Some("ana"), revoked()).unwrap();
        say(&here, "behind it");
        for core in [&here, &there] {
            settle(core).await;
        }
        for ended in [ana, ana_too, ana_there] {
            assert_eq!(sent(&ended), ["to ana", "to all", "4503"]);
        }
        for stays in [bea, bea_there] {
            assert_eq!(sent(&stays), ["to all", "behind it"]);
        }
        let participants = here.participants().await.unwrap();
        assert_eq!(participants.get("bea").unwrap().connections, 2);
    }
}

/// Ends the connections of a user, or of everyone, and registers another one while the order is being delivered.
async fn who_comes_during_the_end_stays(ended: Option<&str>, users: impl Fn(usize) -> String) {
    let core = core(&Cluster::in_memory());
    let mut there = Vec::new();
    for number in 0..20 {
        let member = bare();
        core.register(&users(number), &member).await.unwrap();
        there.push(member);
    }
    let before = core.members().head();
    say(&core, "goodbye");
    core.disconnect(ended, revoked()).unwrap();
    // The delivery has begun, and not come to its end.
    while core.members().head() == before {
        yield_now().await;
    }
    let late = bare();
    core.register(&users(20), &late).await.unwrap();
    say(&core, "hello");
    settle(&core).await;
    assert_eq!(sent(&late), ["hello"]);
    for member in &there {
        assert_eq!(sent(member), ["goodbye", "4503"]);
    }
}

#[tokio::test]
async fn who_comes_while_a_user_is_sent_away_stays_also_under_the_same_id() {
    who_comes_during_the_end_stays(Some("ana"), |_| "ana".to_owned()).await;
}

#[tokio::test]
async fn who_comes_while_everyone_is_sent_away_stays() {
    who_comes_during_the_end_stays(None, |number| format!("user {number}")).await;
}

#[tokio::test]
async fn who_comes_back_is_given_what_was_sent_around_the_end_of_a_user_and_is_not_closed_by_it() {
    let core = core(&Cluster::in_memory());
    let witness = session(None);
    core.register("bea", &witness).await.unwrap();
    let start = super::first_position(&witness);
    say(&core, "before");
    core.disconnect(Some("ana"), revoked()).unwrap();
    say(&core, "behind");
    settle(&core).await;
    let ana = session(Some(Some(start)));
    core.register("ana", &ana).await.unwrap();
    settle(&core).await;
    assert_eq!(sent(&ana), ["before", "behind", "joined"]);
    let head = core.members().head().unwrap();
    assert_eq!(head.seq, start.seq + 3, "it has a place in the log");
}

#[tokio::test]
async fn a_user_who_is_not_there_or_cannot_be_is_ended_without_a_trace() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    core.register("ana", &ana).await.unwrap();
    let before = core.members().head();
    for nobody in [String::new(), "x".repeat(usize::from(u16::MAX) + 1)] {
        core.disconnect(Some(&nobody), revoked()).unwrap();
        send(&core, Target::User(nobody.into()), "hello").unwrap();
    }
    settle(&core).await;
    assert_eq!(core.members().head(), before, "the log has nothing of it");
    for absent in ["bea", "an", "ana ", &"x".repeat(usize::from(u16::MAX))] {
        core.disconnect(Some(absent), revoked()).unwrap();
    }
    settle(&core).await;
    assert_eq!(sent(&ana), [""; 0]);
}

#[tokio::test]
async fn the_end_of_a_user_says_how_the_connections_end() {
    let core = core(&Cluster::in_memory());
    let (ana, bea) = (session(None), bare());
    core.register("ana", &ana).await.unwrap();
    core.register("bea", &bea).await.unwrap();
    let reason = "come with another token";
    let close = Close::new(CloseCode::EXPIRED, reason);
    core.disconnect(Some("ana"), close.clone()).unwrap();
    core.disconnect(Some("bea"), revoked()).unwrap();
    settle(&core).await;
    assert_eq!(ana.outbox.closing(), Some(close));
    assert_eq!(bea.outbox.closing(), Some(revoked()));
}
