//! What is new among the orders that a node finds apart from the log.

use super::*;
use crate::cluster::Message;
use crate::protocol::Position;

fn orders() -> Orders {
    let mut orders = Orders::default();
    let (everyone, users) = (1, 10);
    orders.set_known(LastOrders { everyone, users });
    orders
}

fn missed(orders: &mut Orders, last: u64) -> Option<(u64, u64)> {
    let missed = orders.find_missed(last, 0);
    missed.map(|missed| (missed.behind, missed.last))
}

fn frame(seq: u64) -> Frame {
    Frame::logged(Position { seq, mark: 1 }, [])
}

#[test]
fn what_was_sent_right_before_an_order_is_not_overtaken_by_it() {
    let mut orders = orders();
    assert!(!orders.find_everyone(2), "it may be on its way");
    assert!(orders.find_everyone(2));
    assert_eq!(missed(&mut orders, 11), None);
    assert_eq!(missed(&mut orders, 11), Some((10, 11)));
}

#[test]
fn what_is_kept_is_found_once() {
    let mut orders = orders();
    assert!(!orders.find_everyone(2));
    assert!(orders.find_everyone(2));
    for mark in [2, 1, 1, 2, 2] {
        assert!(!orders.find_everyone(mark), "Redis goes back and forth");
    }
    assert_eq!(missed(&mut orders, 11), None);
    let (first, both) = (Some((10, 11)), Some((10, 12)));
    assert_eq!(missed(&mut orders, 12), first, "the next one later");
    // It is read while they are looked for again.
    assert_eq!(missed(&mut orders, 12), both);
    assert!(orders.note_read(11) && !orders.note_read(11));
    assert_eq!(missed(&mut orders, 12), Some((11, 12)));
}

#[test]
fn what_was_ordered_before_is_not_read_when_redis_goes_back_or_is_empty_for_a_while() {
    let mut orders = orders();
    for last in [0, 0, 10, 10, 8, 8, 8] {
        assert_eq!(missed(&mut orders, last), None);
    }
    assert_eq!(missed(&mut orders, 9), None);
    assert_eq!(missed(&mut orders, 9), Some((8, 9)));
}

#[test]
fn nothing_is_found_before_it_is_known_what_came_before() {
    let mut orders = Orders::default();
    for _ in 0..3 {
        assert!(!orders.find_everyone(1));
        assert_eq!(missed(&mut orders, 10), None);
    }
}

#[test]
fn that_numbers_begin_anew_is_not_taken_for_orders_that_are_lost() {
    let mut orders = orders();
    // As a day after the last one.
    for last in [0, 0, 500] {
        assert_eq!(missed(&mut orders, last), None);
    }
    let missed = orders.find_missed(500, 0).unwrap();
    assert!(!missed.is_cut(Some(&frame(500))));
    assert!(orders.note_read(500));
    assert!(orders.find_missed(700, 0).is_none());
    let missed = orders.find_missed(700, 0).unwrap();
    assert!(missed.is_cut(Some(&frame(700))));
}

#[test]
fn that_the_first_of_those_that_were_missed_are_not_kept_any_more_is_seen() {
    let missed = |behind, is_continued| Missed {
        behind,
        last: 20,
        is_continued,
        log: 0,
    };
    let all = missed(0, false);
    let missed = missed(10, true);
    assert!(!missed.is_cut(Some(&frame(11))));
    assert!(missed.is_cut(Some(&frame(12))) && missed.is_cut(None));
    assert!(!all.is_cut(Some(&frame(12))));
}

#[test]
fn what_is_found_waits_for_the_log_as_it_was_then_and_not_for_ever() {
    let mut orders = orders();
    let found = |mark| Frame::past_the_log(Some(mark), [Message::Blank]);
    let marks =
        |frames: Vec<Frame>| -> Vec<u64> { frames.iter().filter_map(Frame::mark).collect() };
    for (mark, log) in [(2, 5), (3, 7), (4, 9)] {
        orders.add_found(found(mark), log);
    }
    assert_eq!(marks(orders.take_reached(4)), [0; 0]);
    assert_eq!(marks(orders.take_reached(6)), [2]);
    assert_eq!(orders.waiting(), Some(3));
    assert_eq!(marks(orders.take_overdue(2)), [3]);
    assert_eq!(marks(orders.take_overdue(2)), [0; 0]);
    assert_eq!(marks(orders.take_reached(9)), [4]);
    assert_eq!(orders.waiting(), None);
}
