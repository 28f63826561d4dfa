//! What a feed makes of orders that are found apart from the log.

use std::sync::Arc;

use super::super::follow::{ReadRequest, Reading};
use super::super::keys::Keys;
use super::super::log::Page;
use super::super::tests::{Given, RETENTION, event};
use super::*;
use crate::cluster::GapReason;
use crate::protocol::{Close, CloseCode};

/// The mark of the order.
const MARK: u64 = 7;

fn end_of(user: Option<&str>) -> Message {
    Message::Disconnect {
        user: user.map(Into::into),
        close: Close::new(CloseCode::REVOKED, "over"),
    }
}

fn at(seq: u64) -> Position {
    Position { seq, mark: seq }
}

fn frame(seq: u64, text: &str) -> Frame {
    Frame::logged(at(seq), [event(text)])
}

/// A feed that stands at 10 in the log, what its members were given, and who is told.
struct Case {
    feed: Feed,
    given: Arc<Given>,
    _sink: Arc<dyn Sink>,
}

impl Case {
    fn new() -> Self {
        let keys = Keys::new("ws").channel("room");
        let feed = Feed::new("room".to_owned(), keys, RETENTION);
        let given = Given::new();
        let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
        feed.add(Arc::downgrade(&sink));
        let server = Address::parse("127.0.0.1:6379").unwrap();
        let reading = reading(&feed.subscribed(&server)).unwrap();
        feed.log_read(reading.reading, Reading::Newest(frame(10, "seen")));
        let (everyone, users) = (1, 0);
        feed.know_orders(LastOrders { everyone, users });
        Self {
            feed,
            given,
            _sink: sink,
        }
    }

    /// Where the log stands there, the last order is seen, often enough to be believed.
    fn sees(&self, seq: u64, user: Option<&str>) -> Vec<Need> {
        let look = || {
            self.feed.compare(Observed {
                seq: Some(seq),
                version: 0,
                kick: user.is_none().then(|| (MARK, end_of(None))),
                ordered: u64::from(user.is_some()),
            })
        };
        assert!(look().is_empty());
        let mut needs = look();
        let missed = needs.iter().find_map(|need| match need {
            Need::Orders(missed) => Some(*missed),
            _ => None,
        });
        assert_eq!(missed.is_some(), user.is_some());
        if let Some(missed) = missed {
            let last = Position { seq: 1, mark: MARK };
            let page = Page {
                frames: vec![Frame::logged(last, [end_of(user)])],
                more: false,
            };
            needs.extend(self.feed.found_orders(missed, page));
        }
        needs
    }

    fn reads(&self, needs: &[Need], result: Reading) -> Vec<Need> {
        let reading = reading(needs).unwrap().reading;
        self.feed.log_read(reading, result)
    }
}

fn reading(needs: &[Need]) -> Option<ReadRequest> {
    needs.iter().find_map(|need| match need {
        Need::Log(request) => Some(*request),
        _ => None,
    })
}

fn patience(needs: &[Need]) -> Option<u64> {
    needs.iter().find_map(|need| match need {
        Need::TellOverdue(number) => Some(*number),
        _ => None,
    })
}

fn continues(frames: impl Into<Vec<Frame>>) -> Reading {
    let (frames, more) = (frames.into(), false);
    Reading::Continues { frames, more }
}

const ORDERS: [(Option<&str>, &str); 2] = [(None, "disconnect"), (Some("ana"), "disconnect ana")];

#[test]
fn an_order_that_is_found_is_told_behind_what_the_log_had_by_then() {
    for (user, order) in ORDERS {
        let case = Case::new();
        let needs = case.sees(12, user);
        assert_eq!(case.given.so_far(), [""; 0], "the log is read first");
        let log = [frame(10, "seen"), frame(11, "one"), frame(12, "two")];
        case.reads(&needs, continues(log));
        assert_eq!(case.given.so_far(), ["one", "two", order]);
    }
}

#[test]
fn an_order_that_is_found_comes_at_the_place_that_it_has_in_the_log() {
    for (user, order) in ORDERS {
        let case = Case::new();
        let needs = case.sees(13, user);
        let last = Position {
            seq: 12,
            mark: MARK,
        };
        let logged = Frame::logged(last, [end_of(user)]);
        let log = [
            frame(10, "seen"),
            frame(11, "one"),
            logged,
            frame(13, "two"),
        ];
        case.reads(&needs, continues(log));
        assert_eq!(case.given.so_far(), ["one", order, "two"]);
    }
}

#[test]
fn who_is_closed_on_a_deaf_node_is_told_the_gap_first_where_the_log_has_lost_what_was_before() {
    for (user, order) in ORDERS {
        let case = Case::new();
        let needs = case.sees(31, user);
        let (why, more) = (GapReason::Trimmed, false);
        let frames = vec![frame(30, "one"), frame(31, "two")];
        let needs = case.reads(&needs, Reading::Broken { why, frames, more });
        // What was pushed meanwhile is read.
        case.reads(&needs, continues([frame(31, "two"), frame(32, "three")]));
        assert_eq!(case.given.so_far(), ["gap", "one", "two", "three", order]);
    }
}

#[test]
fn who_is_to_be_closed_is_so_in_the_end_where_the_log_cannot_be_read() {
    for (user, order) in ORDERS {
        let case = Case::new();
        let needs = case.sees(11, user);
        case.feed.unsubscribed();
        assert_eq!(case.given.so_far(), [""; 0]);
        case.feed.tell_overdue(patience(&needs).unwrap());
        assert_eq!(case.given.so_far(), [order]);
        let server = Address::parse("127.0.0.1:6379").unwrap();
        let needs = case.feed.subscribed(&server);
        let last = Position {
            seq: 11,
            mark: MARK,
        };
        let logged = Frame::logged(last, [event("one"), end_of(user)]);
        case.reads(&needs, continues([frame(9, "seen"), logged]));
        assert!(!case.given.so_far()[1..].contains(&order.to_owned()));
    }
}

#[test]
fn an_order_that_the_log_has_yet_to_take_waits_for_nothing() {
    for (user, order) in ORDERS {
        let case = Case::new();
        let needs = case.sees(10, user);
        assert_eq!(case.given.so_far(), [order]);
        assert_eq!(patience(&needs), None);
    }
}

#[test]
fn what_was_the_last_order_before_may_still_be_heard() {
    let case = Case::new();
    let last = Position { seq: 11, mark: 1 };
    let needs = case.sees(11, Some("ana"));
    let order = Frame::logged(last, [end_of(None)]);
    case.reads(&needs, continues([frame(10, "seen"), order]));
    assert_eq!(case.given.so_far(), ["disconnect", "disconnect ana"]);
}
