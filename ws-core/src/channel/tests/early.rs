//! What a node gives its members before the log has it, and what becomes of it when the log brings it, or does not.

use serde_json::Value;

use super::case::{Case, FURTHER, HEAD, SEEN, frame, log, page};
use super::{bare, message, sent};
use crate::client::Connection;
use crate::cluster::{Arrival, Frame, GapReason, Message, Sink, Target};
use crate::protocol::{Close, CloseCode, Early, Position, Seen};

/// The mark of what the node has published first. Those that follow are its own, too.
const MARK: u64 = 1000;

/// The first so many that it has published.
fn marks(count: u64) -> Early {
    Early::between(MARK, MARK + count - 1)
}

/// Where the log goes on behind a gap.
const BEHIND: Position = Position { seq: 40, mark: 40 };

/// The client is here, and was given the log as far as the node knows it.
async fn here() -> Case {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case
}

async fn is_told_a_gap(case: &Case) {
    let (why, head) = (GapReason::Trimmed, BEHIND);
    case.takes(Arrival::Gap { why, head }).await;
}

/// What a client is given that has seen the log up to there, and comes back.
async fn given_behind(case: &mut Case, seen: Position) -> Vec<String> {
    let bea = case.comes("bea", seen);
    let last = frame(seen.seq, seen.mark, "seen");
    case.reads(seen, log(&[last])).await;
    let given = sent(&bea);
    bea.leave_all().await;
    given
}

fn at(seq: u64, mark: u64) -> Position {
    Position { seq, mark }
}

#[tokio::test]
async fn who_comes_long_after_an_outage_is_not_given_what_the_log_had_in_a_gap() {
    let mut case = here().await;
    for (count, text) in [(1, "one"), (2, "two"), (3, "three")] {
        case.gives_early(marks(count), text).await;
    }
    case.takes(Arrival::Taken(MARK + 1, at(35, MARK + 1))).await;
    is_told_a_gap(&case).await;
    assert_eq!(sent(&case.ana), ["one", "two", "three", "gap"]);
    assert_eq!(
        given_behind(&mut case, BEHIND).await,
        ["three", "joined"],
        "that one still waits for the log"
    );
    // The log had taken it, and not said so yet.
    case.takes(Arrival::Taken(MARK + 2, at(39, MARK + 2))).await;
    assert_eq!(given_behind(&mut case, BEHIND).await, ["joined"]);
}

#[tokio::test]
async fn who_comes_long_after_an_outage_is_not_given_what_lies_before_a_later_message() {
    let mut case = here().await;
    case.gives_early(marks(1), "one").await;
    is_told_a_gap(&case).await;
    case.brings(frame(41, MARK + 1, "two")).await;
    assert_eq!(sent(&case.ana), ["one", "gap", "two"]);
    let seen = at(41, MARK + 1);
    assert_eq!(given_behind(&mut case, seen).await, ["joined"]);
}

#[tokio::test]
async fn what_the_log_takes_behind_a_gap_is_not_given_twice() {
    let mut case = here().await;
    case.gives_early(marks(1), "one").await;
    case.gives_early(marks(2), "two").await;
    is_told_a_gap(&case).await;
    case.takes(Arrival::Taken(MARK, at(41, MARK))).await;
    assert_eq!(
        given_behind(&mut case, BEHIND).await,
        ["one", "two", "joined"]
    );
    case.brings(frame(41, MARK, "one")).await;
    case.brings(frame(42, MARK + 1, "two")).await;
    case.brings(frame(43, 43, "next")).await;
    assert_eq!(sent(&case.ana), ["one", "two", "gap", "next"]);
}

#[tokio::test]
async fn who_reads_while_something_is_given_early_is_given_it_once() {
    let mut case = here().await;
    for number in 0..5 {
        let user = format!("user {number}");
        case.core.register(&user, &bare()).await.unwrap();
    }
    let bea = case.comes("bea", SEEN);
    let (_, answer) = case.readings.recv().await.unwrap();
    // The others are given it first, and meanwhile she reads the next page.
    let early = [message(Target::All, "early")].into();
    case.core.take(Arrival::Early(marks(1), early));
    let first = [frame(8, 8, "seen"), frame(9, 9, "first")];
    answer.send(page(&first)).unwrap();
    case.settles().await;
    let rest = [frame(9, 9, "first"), frame(20, 20, "second")];
    case.reads(FURTHER, log(&rest)).await;
    case.brings(frame(21, 21, "next")).await;
    assert_eq!(sent(&bea), ["first", "second", "early", "joined", "next"]);
}

/// The mark of what another node has given early.
const ELSEWHERE: u64 = 1 << 40;

/// What a client was sent, each with whether its position says that something was early.
fn sent_with_marks(client: &Connection) -> Vec<(String, bool)> {
    let messages = client.outbox.take().into_iter();
    let told = messages.map(|message| {
        let message: Value = serde_json::from_str(message.as_str()).unwrap();
        let seen: Seen = serde_json::from_value(message["pos"].clone()).unwrap();
        let text = message["data"].as_str().unwrap();
        (text.to_owned(), seen.early.is_some())
    });
    told.collect()
}

/// A client that was given something early on another node, and has come to this one.
async fn moved() -> Case {
    let early = Early::between(ELSEWHERE, ELSEWHERE);
    let mut case = Case::from(Seen::early(HEAD, early));
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case
}

#[tokio::test]
async fn who_moved_in_an_outage_is_given_what_the_others_are_once_the_log_has_what_it_was_given() {
    let case = moved().await;
    case.gives_early(marks(1), "not yet").await;
    assert_eq!(sent(&case.ana), [""; 0], "that may lie behind it");
    case.core.take(Arrival::Frame(frame(21, ELSEWHERE, "seen")));
    case.core.take(Arrival::Frame(frame(22, 22, "next")));
    case.settles().await;
    let next = |text: &str, is_early| (text.to_owned(), is_early);
    assert_eq!(sent_with_marks(&case.ana), [next("next", false)]);
    case.brings(frame(23, MARK, "not yet")).await;
    assert_eq!(sent_with_marks(&case.ana), [next("not yet", false)]);
    let again = Early::between(MARK + 1, MARK + 1);
    case.gives_early(again, "at once").await;
    assert_eq!(sent_with_marks(&case.ana), [next("at once", true)]);
    case.brings(frame(24, MARK + 1, "at once")).await;
    case.brings(frame(25, 25, "last")).await;
    assert_eq!(sent_with_marks(&case.ana), [next("last", false)]);
}

#[tokio::test]
async fn who_moved_in_an_outage_is_like_the_others_also_where_what_it_was_given_is_for_others() {
    let case = moved().await;
    let for_cy = [message(Target::User("cy".into()), "seen")];
    case.brings(Frame::logged(at(21, ELSEWHERE), for_cy)).await;
    case.gives_early(marks(1), "at once").await;
    assert_eq!(sent(&case.ana), ["at once"]);
}

#[tokio::test]
async fn who_is_disconnected_early_is_not_given_what_was_sent_behind_that() {
    let case = here().await;
    let bea = bare();
    case.core.register("bea", &bea).await.unwrap();
    let order = |user: &str| Message::Disconnect {
        user: Some(user.into()),
        close: Close::new(CloseCode::REVOKED, "over"),
    };
    let to_all = |text| message(Target::All, text);
    let messages = [to_all("one"), order("ana"), to_all("two"), order("bea")];
    case.takes(Arrival::Early(marks(1), messages.clone().into()))
        .await;
    // Who comes back in the outage under the same id is not meant, also when the log brings the order.
    let again = case.comes("ana", HEAD);
    case.brings(Frame::logged(at(24, MARK), messages)).await;
    assert_eq!(sent(&case.ana), ["one", "bye", "4503"]);
    assert_eq!(sent(&bea), ["one", "two", "4503"]);
    assert_eq!(again.outbox.closing(), None);
}

#[tokio::test]
async fn what_the_log_brings_behind_the_last_that_was_early_does_not_say_that_it_still_is() {
    let case = here().await;
    case.gives_early(marks(1), "early").await;
    assert_eq!(sent(&case.ana), ["early"]);
    case.core.take(Arrival::Frame(frame(21, 21, "before")));
    case.core.take(Arrival::Frame(frame(22, MARK, "early")));
    case.core.take(Arrival::Frame(frame(23, 23, "behind")));
    case.settles().await;
    let told = sent_with_marks(&case.ana);
    assert_eq!(
        told,
        [("before".to_owned(), true), ("behind".to_owned(), false)]
    );
}

/// A client that was given a publication of this node from the log, before that was delivered here.
async fn ahead() -> Case {
    let mut case = Case::from(HEAD);
    let ahead = [frame(20, 20, "seen"), frame(21, MARK, "ahead")];
    case.reads(HEAD, log(&ahead)).await;
    assert_eq!(sent(&case.ana), ["ahead", "joined"]);
    case
}

#[tokio::test]
async fn who_has_read_the_log_ahead_is_not_given_that_again_early() {
    let case = ahead().await;
    case.gives_early(marks(1), "ahead").await;
    case.gives_early(marks(2), "next").await;
    assert_eq!(sent(&case.ana), [""; 0], "it may have been given that");
    case.brings(frame(21, MARK, "ahead")).await;
    case.brings(frame(22, MARK + 1, "next")).await;
    case.brings(frame(23, 23, "last")).await;
    assert_eq!(sent(&case.ana), ["next", "last"]);
}

#[tokio::test]
async fn who_has_read_the_log_ahead_is_given_what_the_others_are_when_they_are_as_far() {
    let case = ahead().await;
    case.brings(frame(21, MARK, "ahead")).await;
    let early = Early::between(MARK + 1, MARK + 1);
    case.gives_early(early, "at once").await;
    assert_eq!(sent(&case.ana), ["at once"]);
}
