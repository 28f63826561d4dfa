//! Orders to end connections: on whichever ways they come, and whatever is dropped of them, each is carried out once.

use std::sync::Arc;

use super::case::{Case, HEAD, frame, log};
use super::{message, sent};
use crate::channel::incoming::Incoming;
use crate::client::Connection;
use crate::cluster::{Arrival, Frame, GapReason, Message, Recovery, Sink, Target};
use crate::protocol::{Close, CloseCode, Early, Position};

/// The mark of the publication with the order.
const MARK: u64 = 1000;

/// Where the log has that.
const ORDER: Position = Position {
    seq: 21,
    mark: MARK,
};

/// The last of what comes behind it.
const LAST: Position = Position { seq: 30, mark: 30 };

fn end() -> Message {
    Message::Disconnect {
        user: Some("ana".into()),
        close: Close::new(CloseCode::REVOKED, "over"),
    }
}

/// Where it is found apart from the log.
fn found() -> Arrival {
    Arrival::Frame(Frame::past_the_log(Some(MARK), [end()]))
}

/// Where the log has it.
fn logged() -> Frame {
    Frame::logged(ORDER, [end()])
}

fn early(messages: impl Into<Arc<[Message]>>) -> Arrival {
    Arrival::Early(Early::between(MARK, MARK), messages.into())
}

/// More than may wait.
fn too_much() -> Message {
    message(Target::All, &"x".repeat(Incoming::MOST_BYTES))
}

/// Too much comes behind the order, and this behind that.
fn overflows(case: &Case) {
    case.core
        .take(Arrival::Frame(Frame::logged(LAST, [too_much()])));
}

/// The client is here, and was given the log as far as the node knows it.
async fn here() -> Case {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    case
}

/// The client is closed, and comes back.
async fn comes_again(case: &mut Case) -> Arc<Connection> {
    assert_eq!(sent(&case.ana), ["bye", "4503"]);
    case.ana.leave_all().await;
    let again = case.comes("ana", HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    assert_eq!(sent(&again), ["joined"]);
    again
}

#[tokio::test]
async fn who_came_since_is_not_closed_by_an_order_that_is_read_again_because_too_much_came() {
    for first in [found(), early([end()])] {
        let mut case = here().await;
        case.takes(first).await;
        let again = comes_again(&mut case).await;
        case.core.take(Arrival::Frame(logged()));
        overflows(&case);
        let behind = [frame(20, 20, "seen"), logged(), frame(30, 30, "behind")];
        case.reads(HEAD, log(&behind)).await;
        assert_eq!(sent(&again), ["behind"]);
    }
}

#[tokio::test]
async fn an_order_that_is_read_because_too_much_came_is_carried_out_at_its_place_and_once() {
    for is_found in [true, false] {
        let mut case = here().await;
        if is_found {
            case.core.take(found());
        }
        case.core.take(Arrival::Frame(logged()));
        overflows(&case);
        let before = Frame::logged(
            Position {
                seq: 21,
                mark: 1001,
            },
            [message(Target::All, "before")],
        );
        let order = Frame::logged(
            Position {
                seq: 22,
                mark: MARK,
            },
            [end()],
        );
        let log = log(&[
            frame(20, 20, "seen"),
            before,
            order,
            frame(30, 30, "behind"),
        ]);
        case.reads(HEAD, log).await;
        assert_eq!(sent(&case.ana), ["before", "bye", "4503"]);
        case.ana.leave_all().await;
        let again = case.comes("ana", LAST);
        case.reads(LAST, Ok(Recovery::all(vec![frame(30, 30, "behind")])))
            .await;
        case.takes(found()).await;
        assert_eq!(sent(&again), ["joined"]);
    }
}

#[tokio::test]
async fn an_order_is_carried_out_behind_the_gap_where_too_much_came_and_the_log_has_lost_it() {
    for is_dropped in [true, false] {
        let mut case = here().await;
        if is_dropped {
            case.core.take(Arrival::Frame(logged()));
            overflows(&case);
        } else {
            overflows(&case);
            case.core.take(Arrival::Frame(logged()));
        }
        let (why, head) = (GapReason::Trimmed, LAST);
        case.reads(HEAD, Ok(Recovery::Broken { why, head })).await;
        assert_eq!(sent(&case.ana), ["gap", "bye", "4503"]);
    }
}

#[tokio::test]
async fn an_early_order_that_is_dropped_is_carried_out_at_once_and_not_again_when_the_log_brings_it()
 {
    for is_behind_others in [false, true] {
        let mut case = here().await;
        if is_behind_others {
            // A later one is dropped as well, although there is room for it: what comes early is given in order.
            let first = [too_much(), message(Target::All, "x")];
            let marks = Early::between(MARK - 1, MARK - 1);
            case.core.take(Arrival::Early(marks, first.into()));
            let marks = Early::between(MARK - 1, MARK);
            case.core.take(Arrival::Early(marks, [end()].into()));
        } else {
            case.core.take(early([too_much(), end()]));
        }
        // What the log has of what was sent before goes first, and where that is away, nobody waits for it.
        case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
        assert_eq!(sent(&case.ana), ["bye", "4503"]);
        let last = Position { seq: 22, ..ORDER };
        let goodbye = message(Target::All, "goodbye");
        case.ana.leave_all().await;
        let again = case.comes("ana", HEAD);
        case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
        case.brings(Frame::logged(last, [goodbye, end()])).await;
        case.takes(found()).await;
        assert_eq!(sent(&again), ["joined", "goodbye"]);
    }
}

#[tokio::test]
async fn an_early_order_that_is_dropped_is_carried_out_where_the_log_is_away() {
    let mut case = here().await;
    case.core.take(early([too_much(), end()]));
    case.reads(HEAD, super::case::away()).await;
    assert_eq!(sent(&case.ana), ["gap", "bye", "4503"]);
}

#[tokio::test]
async fn who_came_after_an_early_order_is_not_closed_where_the_log_brings_it_behind_a_gap() {
    let mut case = here().await;
    case.takes(early([end()])).await;
    let again = comes_again(&mut case).await;
    // A later publication of this node settles it, and then the log has another attempt of it.
    case.takes(Arrival::Taken(MARK, ORDER)).await;
    let (why, head) = (GapReason::Trimmed, LAST);
    case.takes(Arrival::Gap { why, head }).await;
    let last = Position { seq: 31, ..ORDER };
    case.brings(Frame::logged(last, [end()])).await;
    case.brings(frame(32, 32, "behind")).await;
    assert_eq!(sent(&again), ["gap", "behind"]);
}

#[tokio::test]
async fn every_user_in_a_publication_is_disconnected_by_it() {
    let case = here().await;
    let bea = super::bare();
    case.core.register("bea", &bea).await.unwrap();
    let end_of_bea = Message::Disconnect {
        user: Some("bea".into()),
        close: Close::new(CloseCode::REVOKED, "over"),
    };
    let last = Position { seq: 23, ..ORDER };
    let between = message(Target::All, "between");
    case.brings(Frame::logged(last, [end(), between, end_of_bea]))
        .await;
    assert_eq!(sent(&case.ana), ["bye", "4503"]);
    assert_eq!(sent(&bea), ["between", "4503"]);
}

/// A client that comes back while the log has this order, which its node has not heard.
async fn comes_back_to_a_deaf_node(case: &mut Case, order: Frame) -> Arc<Connection> {
    let bea = case.comes("bea", HEAD);
    let behind = [
        frame(20, 20, "seen"),
        frame(21, 21, "before"),
        order,
        frame(23, 23, "behind"),
    ];
    case.reads(HEAD, log(&behind)).await;
    bea
}

fn end_of(user: Option<&str>) -> Frame {
    let order = Message::Disconnect {
        user: user.map(Arc::from),
        close: Close::new(CloseCode::REVOKED, "over"),
    };
    Frame::logged(Position { seq: 22, ..ORDER }, [order])
}

#[tokio::test(start_paused = true)]
async fn nobody_reads_past_an_order_before_their_node_has_carried_it_out() {
    for user in [Some("bea"), None] {
        let mut case = here().await;
        let bea = comes_back_to_a_deaf_node(&mut case, end_of(user)).await;
        assert_eq!(sent(&bea), ["before", "joined"]);
        // It hears it later, from where it is kept.
        let order = end_of(user).messages;
        let found = Frame::past_the_log(Some(MARK), order);
        case.takes(Arrival::Frame(found)).await;
        assert_eq!(sent(&bea), ["bye", "4503"]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_order_that_was_carried_out_before_goes_on_behind_it() {
    let mut case = here().await;
    let bea = comes_back_to_a_deaf_node(&mut case, end_of(Some("bea"))).await;
    assert_eq!(sent(&bea), ["before", "joined"]);
    // The node has it in a gap, and so it is not known there what became of it.
    let (why, head) = (GapReason::Trimmed, Position { seq: 23, mark: 23 });
    case.takes(Arrival::Gap { why, head }).await;
    let at = Position { seq: 21, mark: 21 };
    let rest = [
        frame(21, 21, "before"),
        end_of(Some("bea")),
        frame(23, 23, "behind"),
    ];
    // What was asked for before the gap may be of the log that was.
    case.reads(at, log(&rest)).await;
    assert_eq!(sent(&bea), [""; 0]);
    case.reads(at, log(&rest)).await;
    assert_eq!(sent(&bea), ["behind"]);
}

#[tokio::test]
async fn the_order_for_somebody_else_holds_nobody_up_who_reads() {
    let mut case = here().await;
    let bea = comes_back_to_a_deaf_node(&mut case, end_of(Some("cy"))).await;
    assert_eq!(sent(&bea), ["before", "behind", "joined"]);
    // Nor does one that was carried out, and is read again.
    let case = &mut here().await;
    case.takes(found()).await;
    let again = comes_again(case).await;
    drop(again);
    let ana = case.comes("ana", HEAD);
    case.reads(
        HEAD,
        log(&[frame(20, 20, "seen"), logged(), frame(22, 22, "behind")]),
    )
    .await;
    assert_eq!(sent(&ana), ["behind", "joined"]);
}
