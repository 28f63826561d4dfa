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
async fn an_early_order_that_is_dropped_is_carried_out_when_the_log_brings_it_and_once() {
    let mut case = here().await;
    case.core.take(early([too_much(), end()]));
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    assert_eq!(sent(&case.ana), [""; 0], "the log brings all of it");
    let last = Position { seq: 22, ..ORDER };
    let goodbye = message(Target::All, "goodbye");
    case.brings(Frame::logged(last, [goodbye, end()])).await;
    assert_eq!(sent(&case.ana), ["goodbye", "bye", "4503"]);
    case.ana.leave_all().await;
    let again = case.comes("ana", last);
    case.reads(last, log(&[Frame::logged(last, [end()])])).await;
    case.takes(found()).await;
    assert_eq!(sent(&again), ["joined"]);
}

#[tokio::test]
async fn an_early_order_that_is_dropped_and_lost_by_the_log_is_carried_out_where_it_is_found() {
    let mut case = here().await;
    case.core.take(early([too_much(), end()]));
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    let (why, head) = (GapReason::Trimmed, LAST);
    case.takes(Arrival::Gap { why, head }).await;
    case.takes(found()).await;
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
