//! Clients that come back: to the log that they have seen, and to one that becomes another.

use serde_json::{Value, json};

use super::case::{
    COMMON, Case, FURTHER, HEAD, SEEN, away, forked, frame, given_a_page, log, page,
};
use super::{
    abandon, bare, connection, core, last_position, message, say, send, sent, session, settle,
};
use crate::MemoryHub;
use crate::cluster::{Arrival, Cluster, GapReason, Recovery, Retention, Target};
use crate::protocol::{Close, CloseCode, Early, Hello, Position, Seen};

#[tokio::test]
async fn what_is_missed_comes_before_joined_and_what_is_new_behind_it() {
    let core = core(&Cluster::in_memory());
    let ana = session(None);
    core.register("ana", &ana).await.unwrap();
    say(&core, "seen");
    settle(&core).await;
    let seen = last_position(&ana);
    ana.leave_all().await;
    for (target, text) in [
        (Target::All, "missed"),
        (Target::User("bea".into()), "for bea"),
        (Target::User("ana".into()), "for ana"),
    ] {
        send(&core, target, text).unwrap();
    }
    settle(&core).await;
    // Nothing of this is delivered yet when she comes back.
    say(&core, "meanwhile");
    let again = session(Some(Some(seen)));
    core.register("ana", &again).await.unwrap();
    say(&core, "new");
    settle(&core).await;
    let sent = sent(&again);
    assert_eq!(sent.iter().filter(|kind| *kind == "joined").count(), 1);
    let texts: Vec<&String> = sent.iter().filter(|kind| *kind != "joined").collect();
    assert_eq!(texts, ["missed", "for ana", "meanwhile", "new"]);
    assert_eq!(sent[..2], ["missed", "for ana"]);
}

#[tokio::test]
async fn what_was_recovered_ahead_of_its_delivery_is_not_delivered_again() {
    let hub = MemoryHub::new();
    let (here, cluster) = (core(&hub.node()), hub.node());
    let ana = session(None);
    here.register("ana", &ana).await.unwrap();
    let start = last_position(&ana);
    ana.leave_all().await;
    settle(&here).await;
    // In the log, and not yet given to anybody on this node: its task has not run since.
    let messages = vec![message(Target::All, "one"), message(Target::All, "two")];
    let published = cluster
        .backend()
        .publish("test/room", Retention::default(), messages);
    assert!(!abandon(published));
    let again = session(Some(Some(start)));
    here.register("ana", &again).await.unwrap();
    say(&here, "three");
    settle(&here).await;
    assert_eq!(sent(&again), ["one", "two", "joined", "three"]);
}

#[tokio::test]
async fn a_position_that_cannot_be_resumed_is_told_as_a_gap() {
    let core = core(&Cluster::in_memory());
    for position in [None, Some(Position { seq: 7, mark: 7 })] {
        let ana = session(Some(position));
        core.register("ana", &ana).await.unwrap();
        assert_eq!(sent(&ana), ["joined", "gap"]);
        ana.leave_all().await;
    }
}

#[tokio::test]
async fn who_comes_back_does_not_hear_what_it_told_others_a_moment_ago() {
    let core = core(&Cluster::in_memory());
    let (ana, bea) = (session(None), bare());
    core.register("ana", &ana).await.unwrap();
    core.register("bea", &bea).await.unwrap();
    send(&core, Target::Others(ana.id), "others").unwrap();
    // The log does not have it yet.
    let hello = Hello {
        connection: Some(ana.key),
        ..Hello::default()
    };
    let again = connection(1 << 20, Some(hello));
    core.register("ana", &again).await.unwrap();
    settle(&core).await;
    assert_eq!(sent(&again), ["joined"]);
    assert_eq!(sent(&bea), ["others"]);
}

#[tokio::test]
async fn who_resumes_does_not_hear_what_it_tells_others_meanwhile() {
    let core = core(&Cluster::in_memory());
    let ana = session(None);
    core.register("ana", &ana).await.unwrap();
    let seen = last_position(&ana);
    ana.leave_all().await;
    let again = session(Some(Some(seen)));
    send(&core, Target::Others(again.id), "others").unwrap();
    settle(&core).await;
    core.register("ana", &again).await.unwrap();
    assert_eq!(sent(&again), ["joined"]);
}

#[tokio::test]
async fn a_log_that_becomes_another_one_while_it_is_read_is_read_again() {
    let before = Position { seq: 8, mark: 8 };
    let mut case = Case::from(before);
    let (asked, answer) = case.readings.recv().await.unwrap();
    case.forks().await;
    case.brings(frame(11, 99, "of the new log")).await;
    let old = vec![frame(8, 8, "seen"), frame(20, 20, "of the old log")];
    answer.send(Ok(Recovery::all(old))).unwrap();
    assert_eq!(asked, before);
    case.reads(before, forked()).await;
    assert_eq!(
        sent(&case.ana),
        ["joined", "gap"],
        "what is behind is told to be missing"
    );
    case.brings(frame(12, 98, "next")).await;
    assert_eq!(sent(&case.ana), ["next"]);
}

#[tokio::test]
async fn who_was_given_the_log_that_was_is_given_nothing_before_it_is_told() {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, Ok(Recovery::all(vec![frame(20, 20, "seen")])))
        .await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case.forks().await;
    case.brings(frame(11, 99, "of the new log")).await;
    case.gives_early(Early::between(5, 5), "early").await;
    assert_eq!(
        sent(&case.ana),
        [""; 0],
        "it is not known yet whether its log is the one that is"
    );
    case.reads(HEAD, forked()).await;
    assert_eq!(sent(&case.ana)[0], "gap");
}

#[tokio::test]
async fn who_was_given_the_new_log_before_its_node_noticed_is_not_given_it_again() {
    let new = Position { seq: 12, mark: 98 };
    let mut case = Case::from(new);
    let log = [
        frame(11, 99, "before"),
        frame(12, 98, "seen"),
        frame(13, 97, "missed"),
    ];
    // What this node gave early is in the log by now, and before what the client has seen.
    case.gives_early(Early::between(99, 99), "before").await;
    case.reads(new, Ok(Recovery::all(log[1..].to_vec()))).await;
    assert_eq!(sent(&case.ana), ["missed", "joined"]);
    case.forks().await;
    for frame in log {
        case.brings(frame).await;
    }
    let given = Position { seq: 13, mark: 97 };
    case.reads(given, Ok(Recovery::all(vec![frame(13, 97, "missed")])))
        .await;
    case.brings(frame(14, 96, "next")).await;
    assert_eq!(sent(&case.ana), ["next"]);
}

#[tokio::test(start_paused = true)]
async fn a_log_out_of_reach_is_read_when_it_can_be() {
    let ahead = Position { seq: 25, mark: 25 };
    let mut case = Case::from(ahead);
    case.reads(ahead, away()).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case.reads(ahead, away()).await;
    let log = vec![frame(25, 25, "seen"), frame(26, 26, "missed")];
    case.reads(ahead, Ok(Recovery::all(log))).await;
    assert_eq!(sent(&case.ana), ["missed"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_given_early_while_the_log_was_out_of_reach_does_not_add_up_to_a_slow_client() {
    let ahead = Position { seq: 25, mark: 25 };
    let mut case = Case::from(ahead);
    let text = "x".repeat(1 << 20);
    for mark in 1..=12 {
        case.reads(ahead, away()).await;
        case.gives_early(Early::between(1, mark), &text).await;
    }
    assert_eq!(sent(&case.ana), ["joined"], "it is not closed");
}

#[tokio::test]
async fn a_page_is_given_before_the_next_one_is_read() {
    let mut case = given_a_page().await;
    assert_eq!(sent(&case.ana), ["first"]);
    let rest = vec![frame(9, 9, "first"), frame(20, 20, "second")];
    case.reads(FURTHER, Ok(Recovery::all(rest))).await;
    case.brings(frame(21, 21, "next")).await;
    assert_eq!(sent(&case.ana), ["second", "joined", "next"]);
}

#[tokio::test(start_paused = true)]
async fn where_the_next_page_is_out_of_reach_the_client_is_here_and_waits_for_it() {
    let mut case = given_a_page().await;
    case.reads(FURTHER, away()).await;
    case.brings(frame(21, 21, "next")).await;
    assert_eq!(sent(&case.ana), ["first", "joined"]);
    let rest = [
        frame(9, 9, "first"),
        frame(20, 20, "second"),
        frame(21, 21, "next"),
    ];
    case.reads(FURTHER, Ok(Recovery::all(rest.into()))).await;
    assert_eq!(sent(&case.ana), ["second", "next"]);
}

#[tokio::test]
async fn where_the_next_page_is_lost_the_gap_is_told_behind_what_was_given() {
    let mut case = given_a_page().await;
    assert_eq!(sent(&case.ana), ["first"]);
    let trimmed = Recovery::Broken {
        why: GapReason::Trimmed,
        head: HEAD,
    };
    case.reads(FURTHER, Ok(trimmed)).await;
    let told: Vec<Value> = case
        .ana
        .outbox
        .take()
        .iter()
        .map(|message| serde_json::from_str(message.as_str()).unwrap())
        .collect();
    let [joined, gap] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(joined["joined"]["resumed"], true);
    assert_eq!(joined["joined"]["pos"], json!(Seen::from(FURTHER)));
    assert_eq!(gap["gap"]["why"], "trimmed");
    assert_eq!(gap["gap"]["pos"], json!(Seen::from(HEAD)));
}

#[tokio::test]
async fn what_lies_behind_a_gap_is_given_behind_it() {
    for is_paged in [false, true] {
        let mut case = Case::from(HEAD);
        let frames = vec![
            frame(10, 10, "seen"),
            frame(11, 99, "new"),
            frame(12, 98, "newer"),
        ];
        let gap = Recovery::Gap {
            why: GapReason::Forked,
            head: COMMON,
            frames,
            more: is_paged,
        };
        case.reads(HEAD, Ok(gap)).await;
        if is_paged {
            let last = Position { seq: 12, mark: 98 };
            case.reads(last, log(&[frame(12, 98, "newer")])).await;
        }
        case.brings(frame(21, 97, "next")).await;
        assert_eq!(sent(&case.ana), ["joined", "gap", "new", "newer", "next"]);
    }
}

#[tokio::test]
async fn a_gap_within_what_was_missed_is_told_at_its_place() {
    let mut case = given_a_page().await;
    let gap = Recovery::Gap {
        why: GapReason::Forked,
        head: COMMON,
        frames: vec![frame(10, 10, "skipped"), frame(11, 99, "new")],
        more: false,
    };
    case.reads(FURTHER, Ok(gap)).await;
    assert_eq!(sent(&case.ana), ["first", "joined", "gap", "new"]);
}

#[tokio::test]
async fn what_comes_while_a_long_log_is_read_does_not_add_up_to_a_slow_client() {
    let mut case = given_a_page().await;
    let text = "x".repeat(1 << 20);
    let mut at = FURTHER;
    for seq in 21..33 {
        case.brings(frame(seq, seq, &text)).await;
        let next = frame(at.seq + 1, at.seq + 1, "more");
        let read = [frame(at.seq, at.mark, "before"), next];
        case.reads(at, page(&read)).await;
        at = read[1].last.unwrap();
    }
    assert_eq!(case.ana.outbox.closing(), None, "it is not closed");
}

#[tokio::test]
async fn the_log_is_not_read_on_for_a_client_that_is_gone() {
    let mut case = Case::from(SEEN);
    let (_, answer) = case.readings.recv().await.unwrap();
    case.ana
        .outbox
        .close(None, Close::new(CloseCode::REVOKED, "gone"));
    answer
        .send(page(&[frame(8, 8, "seen"), frame(9, 9, "first")]))
        .unwrap();
    case.settles().await;
    assert!(case.readings.try_recv().is_err());
}

#[tokio::test]
async fn what_was_held_is_not_given_again_where_a_gap_comes_while_it_is_given() {
    let before = Position { seq: 19, mark: 19 };
    let hello = Hello {
        resume: [("room", Some(before.into()))].into_iter().collect(),
        ..Hello::default()
    };
    let bea = connection(10_000, Some(hello));
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    drop(case.registers("bea", &bea));
    let (_, answer) = case.readings.recv().await.unwrap();
    case.brings(frame(21, 21, "held")).await;
    case.gives_early(Early::between(1000, 1000), "early").await;
    // What is held has to wait for room behind this.
    let missed = "x".repeat(6000);
    let frames = [frame(19, 19, "seen"), frame(20, 20, &missed)];
    answer.send(log(&frames)).unwrap();
    case.settles().await;
    let head = Position { seq: 21, mark: 21 };
    let why = GapReason::Unavailable;
    case.takes(Arrival::Gap { why, head }).await;
    assert_eq!(sent(&bea), [&missed, "joined"]);
    let (from, answer) = case.readings.recv().await.unwrap();
    let there = [frame(20, 20, &missed), frame(21, 21, "held")];
    let behind = there.iter().position(|frame| frame.contains(from));
    answer.send(log(&there[behind.unwrap()..])).unwrap();
    case.settles().await;
    case.brings(frame(22, 22, "next")).await;
    assert_eq!(sent(&bea), ["held", "early", "next"]);
}

#[tokio::test]
async fn what_was_delivered_is_not_given_again_where_the_log_turns_out_to_have_it_still() {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    let new = frame(21, 21, "new");
    case.brings(new.clone()).await;
    case.gives_early(Early::between(1000, 1000), "early").await;
    assert_eq!(sent(&case.ana), ["joined", "new", "early"]);
    case.forks().await;
    let (from, answer) = case.readings.recv().await.unwrap();
    let there = [frame(20, 20, "seen"), new];
    let behind = there.iter().position(|frame| frame.contains(from));
    answer.send(log(&there[behind.unwrap()..])).unwrap();
    case.settles().await;
    assert_eq!(sent(&case.ana), [""; 0]);
}
