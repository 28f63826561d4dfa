//! What a node gives its members before the log has it, and what becomes of it when the log brings it, or does not.

use super::case::{Case, FURTHER, HEAD, SEEN, frame, log, page};
use super::{bare, message, sent};
use crate::cluster::{Arrival, Sink, Target, Why};
use crate::protocol::{Early, Position};

/// The mark of what the node has published first. Those that follow are its own, too.
const MARK: u64 = 1000;

/// The first so many that it has published.
fn marks(count: u64) -> Early {
    Early::between(MARK, MARK + count - 1)
}

/// Where the log goes on behind a gap.
const BEHIND: Position = Position { seq: 40, nonce: 40 };

/// The client is here, and was given the log as far as the node knows it.
async fn here() -> Case {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case
}

async fn is_told_a_gap(case: &Case) {
    let (why, head) = (Why::Trimmed, BEHIND);
    case.takes(Arrival::Gap { why, head }).await;
}

/// What a client is given that has seen the log up to there, and comes back.
async fn given_behind(case: &mut Case, seen: Position) -> Vec<String> {
    let bea = case.comes("bea", seen);
    let last = frame(seen.seq, seen.nonce, "seen");
    case.reads(seen, log(&[last])).await;
    let given = sent(&bea);
    bea.leave_all().await;
    given
}

fn at(seq: u64, mark: u64) -> Position {
    Position { seq, nonce: mark }
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
