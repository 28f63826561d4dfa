//! What is held for a client while it is given what it missed: little, and counted, for the log has it, too.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::case::{Case, HEAD, frame, log};
use super::{send_local, sent};
use crate::client::{Common, Connection};
use crate::cluster::Frame;
use crate::limits::Limits;
use crate::protocol::{Early, Hello, Position};

/// A client that comes back from [`HEAD`], with these limits.
fn client(limits: Limits) -> Arc<Connection> {
    let hello = Hello {
        resume: [("room", Some(HEAD.into()))].into_iter().collect(),
        ..Hello::default()
    };
    let common = Common::for_tests(limits);
    Arc::new(Connection::new(common, None, Some(hello)))
}

async fn comes(limits: Limits) -> (Case, Arc<Connection>) {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    let bea = client(limits);
    drop(case.registers("bea", &bea));
    (case, bea)
}

#[tokio::test]
async fn what_comes_while_a_client_is_given_what_it_missed_is_not_kept_beside_the_log_but_read_there()
 {
    let (mut case, bea) = comes(Limits::default()).await;
    let (_, answer) = case.readings.recv().await.unwrap();
    let text = "x".repeat(256 * 1024 - 100);
    for seq in 21..=30 {
        case.brings(frame(seq, seq, &text)).await;
        let waiting = bea.common().all_waiting();
        assert!(waiting <= 64 * 1024, "{waiting} bytes are held");
    }
    answer.send(log(&[frame(20, 20, "seen")])).unwrap();
    // It takes what it is given: an outbox does not hold as much.
    let mut given = Vec::new();
    let rest = async {
        let (from, answer) = case.readings.recv().await.unwrap();
        assert_eq!(from, HEAD);
        let all = (20..=30).map(|seq| frame(seq, seq, if seq == 20 { "seen" } else { &text }));
        answer.send(log(&all.collect::<Vec<_>>())).unwrap();
        while given.len() < 11 {
            given.extend(sent(&bea));
            tokio::task::yield_now().await;
        }
    };
    let deadline = std::time::Duration::from_secs(10);
    tokio::time::timeout(deadline, rest).await.unwrap();
    case.brings(frame(31, 31, "next")).await;
    given.extend(sent(&bea));
    let mut all = vec!["joined"];
    all.extend([&*text; 10]);
    all.push("next");
    assert_eq!(given, all);
    assert_eq!(bea.common().all_waiting(), 0);
}

#[tokio::test]
async fn what_is_held_counts_among_what_waits_for_all() {
    let (mut case, bea) = comes(Limits::default().with_total_outbox_bytes(1_000)).await;
    let (_, answer) = case.readings.recv().await.unwrap();
    case.brings(frame(21, 21, "one")).await;
    let one = bea.common().all_waiting();
    assert!(one > 0);
    for seq in 22..30 {
        case.brings(frame(seq, seq, "one")).await;
    }
    assert!(bea.common().all_waiting() <= 1_000);
    assert!(bea.outbox.is_open(), "it reads what there was no room for");
    answer.send(log(&[frame(20, 20, "seen")])).unwrap();
    let rest: Vec<_> = (20..30).map(|seq| frame(seq, seq, "one")).collect();
    case.reads(HEAD, log(&rest)).await;
    let mut all = vec!["joined"];
    all.extend(["one"; 9]);
    assert_eq!(sent(&bea), all);
    // And what was held when a client goes waits no longer.
    let (case, bea) = comes(Limits::default()).await;
    case.brings(frame(21, 21, "one")).await;
    assert_eq!(bea.common().all_waiting(), one);
    bea.leave_all().await;
    assert_eq!(bea.common().all_waiting(), 0);
}

#[tokio::test]
async fn what_no_log_has_is_held_as_far_as_an_outbox_would() {
    let (mut case, bea) = comes(Limits::default().with_outbox_bytes(10_000)).await;
    let (_, answer) = case.readings.recv().await.unwrap();
    let event = |text: &str| format!(r#"{{"event":"said","data":"{text}"}}"#);
    let text = "x".repeat(3_000);
    send_local(&case.core, None, &event(&text)).unwrap();
    // These are read, and what no log has is not forgotten for that.
    case.brings(frame(21, 21, &text)).await;
    case.gives_early(Early::between(1_000, 1_000), "early")
        .await;
    answer.send(log(&[frame(20, 20, "seen")])).unwrap();
    let rest = [frame(20, 20, "seen"), frame(21, 21, &text)];
    case.reads(HEAD, log(&rest)).await;
    assert_eq!(sent(&bea), ["joined", &text, "early", &text]);
    // More than an outbox cannot be held, and is not lost silently.
    let (case, bea) = comes(Limits::default().with_outbox_bytes(10_000)).await;
    for _ in 0..5 {
        send_local(&case.core, None, &event(&text)).unwrap();
        case.settles().await;
    }
    assert_eq!(sent(&bea), ["bye", "4008"]);
    assert_eq!(bea.common().all_waiting(), 0);
}

/// What the log has of messages as long as this, behind [`HEAD`].
fn long(text: &str, seqs: RangeInclusive<u64>) -> Vec<Frame> {
    let frames = seqs.map(|seq| frame(seq, seq, if seq == 20 { "seen" } else { text }));
    frames.collect()
}

#[tokio::test]
async fn a_page_that_a_client_is_given_counts_among_what_waits_for_all_until_it_has_taken_it() {
    let (mut case, bea) = comes(Limits::default().with_outbox_bytes(100_000)).await;
    let text = "x".repeat(20_000);
    case.reads(HEAD, log(&long(&text, 20..=29))).await;
    let waiting = bea.common().all_waiting();
    assert!((180_000..250_000).contains(&waiting), "{waiting}");
    let mut given = sent(&bea);
    assert!((2..5).contains(&given.len()), "it does not read");
    while given.len() < 10 {
        case.settles().await;
        given.extend(sent(&bea));
    }
    assert_eq!(given[9], "joined");
    assert_eq!(bea.common().all_waiting(), 0);
}

#[tokio::test]
async fn a_page_is_not_kept_for_a_client_that_does_not_read_where_too_much_waits_for_all() {
    let limits = Limits::default().with_outbox_bytes(100_000);
    let (mut case, bea) = comes(limits.with_total_outbox_bytes(50_000)).await;
    let text = "x".repeat(20_000);
    let mut given = Vec::new();
    let mut at = HEAD;
    while given.len() < 10 {
        let log = log(&long(&text, at.seq..=29));
        case.reads(at, log).await;
        assert_eq!(bea.common().all_waiting(), 0, "it is read again");
        let before = given.len();
        given.extend(sent(&bea));
        assert!(given.len() > before, "it is given some of it each time");
        at.seq += (given.len() - before) as u64;
        at.mark = at.seq;
        case.settles().await;
    }
    assert_eq!(given[9], "joined");
    assert!(bea.outbox.is_open());
}

#[tokio::test]
async fn who_waits_with_a_page_gives_it_up_when_too_much_waits_for_all() {
    let limits = Limits::default().with_outbox_bytes(100_000);
    let (mut case, bea) = comes(limits.with_total_outbox_bytes(300_000)).await;
    let text = "x".repeat(20_000);
    case.reads(HEAD, log(&long(&text, 20..=29))).await;
    let held = bea.common().all_waiting();
    assert!(held > 180_000, "{held}");
    let mut others = bea.share();
    assert!(others.set(50_000));
    bea.outbox.close_if_over_share();
    case.settles().await;
    assert_eq!(bea.common().all_waiting(), 50_000 + held, "there is room");
    assert!(!others.set(150_000));
    bea.outbox.close_if_over_share();
    case.settles().await;
    assert_eq!(bea.common().all_waiting(), 150_000, "it gives it up");
    others.set(0);
    let given = sent(&bea).len() as u64;
    let seq = HEAD.seq + given;
    let at = Position { seq, mark: seq };
    case.reads(at, log(&long(&text, seq..=29))).await;
    assert!(bea.outbox.is_open());
}
