//! What is told to a client that comes back from before a gap, or from within it.

use super::super::*;
use super::{Case, continues, frame, told};

#[test]
fn who_has_seen_a_log_that_was_lost_is_given_the_new_one_from_its_beginning() {
    let mut case = Case::live();
    case.pushed(11, 11);
    case.does(Input::Subscribed);
    let reset = Reading::Broken {
        why: GapReason::Reset,
        frames: vec![frame(50, 50), frame(51, 51)],
        more: false,
    };
    assert_eq!(case.reads(reset), ["gap reset 49", "+50", "+51", "read 51"]);
    let seen = Position { seq: 11, mark: 11 };
    let recovery = case.0.after(seen).unwrap();
    assert_eq!(told(&recovery), "gap reset 49: 50 51");
    let Recovery::Gap { head, .. } = recovery else {
        unreachable!("it is one");
    };
    assert_eq!(told(&case.0.after(head).unwrap()), "gap reset 49: 50 51");
    assert!(case.0.after(Position { mark: 0, ..head }).is_none());
}

#[test]
fn of_many_gaps_the_first_are_told_up_to_the_head() {
    let mut case = Case(Follow::new(1000));
    case.does(Input::Subscribed);
    case.reads(Reading::Newest(frame(10, 10)));
    let mut seq = 10;
    for round in 0..70 {
        // Lost, and taken again behind the next one.
        case.pushed(seq + 1, 1000 + round);
        case.does(Input::Subscribed);
        let common = frame(seq, if round == 0 { 10 } else { 3000 + round - 1 });
        let broken = Reading::Broken {
            why: GapReason::Forked,
            frames: vec![common],
            more: false,
        };
        case.reads(broken);
        case.does(Input::Subscribed);
        let last = frame(seq, if round == 0 { 10 } else { 3000 + round - 1 });
        case.reads(continues(vec![last]));
        case.pushed(seq + 1, 2000 + round);
        case.pushed(seq + 2, 1000 + round);
        case.pushed(seq + 3, 3000 + round);
        seq += 3;
    }
    let first = case.0.after(Position { seq: 10, mark: 10 });
    assert_eq!(
        first.as_ref().map(told),
        Some(format!("broken forked {seq}"))
    );
    let late = Position {
        seq: seq - 3,
        mark: 3068,
    };
    let common = seq - 3;
    let expected = format!("gap forked {common}: {common} {}, and more", seq - 2);
    assert_eq!(case.0.after(late).as_ref().map(told), Some(expected));
}
