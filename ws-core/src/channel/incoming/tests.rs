//! The queue alone: what is given first, and what is dropped.

use super::*;
use crate::cluster::{Message, Target};
use crate::protocol::{Close, CloseCode};

fn frame(bytes: usize, messages: usize) -> Arrival {
    let message = Message::Event {
        target: Target::All,
        event: Text::from("x".repeat(bytes)),
    };
    Arrival::Frame(Frame::past_the_log(None, vec![message; messages]))
}

fn kinds(incoming: &mut Incoming) -> Vec<String> {
    let mut kinds = Vec::new();
    while let Some(delivery) = incoming.next() {
        kinds.push(match delivery {
            Delivery::Local(events) => format!("{} local", events.len()),
            Delivery::Lost => "lost".to_owned(),
            Delivery::Frames(frames) => format!("{} frames", frames.len()),
            Delivery::Change(_) => "change".to_owned(),
            Delivery::Replaced(_) => "replaced".to_owned(),
            Delivery::Early(..) => "early".to_owned(),
            Delivery::Taken(..) => "taken".to_owned(),
            Delivery::Gap(..) => "gap".to_owned(),
        });
    }
    assert_eq!(incoming.bytes, 0);
    kinds
}

#[test]
fn the_end_of_connections_is_not_dropped_where_no_log_has_it() {
    let end = Message::Disconnect {
        user: Some("ana".into()),
        close: Close::new(CloseCode::REVOKED, "banned"),
    };
    let Arrival::Frame(event) = frame(1, 1) else {
        unreachable!()
    };
    let past = [event.messages[0].clone(), end];
    let mut incoming = Incoming::default();
    incoming.take(Arrival::Frame(Frame::past_the_log(None, past)));
    let end = incoming.end();
    incoming.take(frame(Incoming::MOST_BYTES, 1));
    assert!(matches!(incoming.next(), Some(Delivery::Lost)));
    assert!(!incoming.has_passed(end));
    let Some(Delivery::Frames(frames)) = incoming.next() else {
        panic!("it is dropped")
    };
    assert!(matches!(&*frames[0].messages, [Message::Disconnect { .. }]));
    assert!(incoming.has_passed(end) && incoming.is_empty());
    assert_eq!(incoming.bytes, 0);
}

#[test]
fn frames_are_given_together_and_changes_at_their_place() {
    let mut incoming = Incoming::default();
    incoming.take(frame(1, 1));
    incoming.take(frame(1, 2));
    incoming.take(Arrival::Change(Change::Joined("ana".into())));
    incoming.take(frame(1, 255));
    incoming.take(frame(1, 2));
    assert_eq!(
        kinds(&mut incoming),
        ["2 frames", "change", "1 frames", "1 frames"]
    );
}

#[test]
fn what_was_dropped_is_not_waited_for() {
    let mut incoming = Incoming::default();
    for _ in 0..9 {
        incoming.take(frame(500_000, 1));
    }
    let point = incoming.end();
    assert!(incoming.next().is_some() && incoming.has_passed(point));
    for _ in 0..8 {
        incoming.take(frame(1_000_000, 1));
    }
    let point = incoming.end();
    assert!(!incoming.has_passed(point));
    incoming.take(frame(1_000_000, 1));
    assert!(incoming.has_passed(point));
}

#[test]
fn what_this_node_sends_goes_first() {
    let mut incoming = Incoming::default();
    incoming.take(frame(1, 1));
    let event = Text::from("x".to_owned());
    assert_eq!(
        incoming.send(LocalEvent {
            except: None,
            event
        }),
        Ok(())
    );
    assert_eq!(kinds(&mut incoming), ["1 local", "1 frames"]);
}

#[test]
fn what_this_node_sends_all_the_time_does_not_hold_up_the_cluster() {
    let mut incoming = Incoming::default();
    let send = |incoming: &mut Incoming| {
        let event = Text::from("x".to_owned());
        let except = None;
        assert_eq!(incoming.send(LocalEvent { except, event }), Ok(()));
    };
    incoming.take(frame(1, 1));
    incoming.take(Arrival::Change(Change::Joined("ana".into())));
    let given = [(); 5].map(|()| {
        send(&mut incoming);
        matches!(incoming.next(), Some(Delivery::Local(_)))
    });
    assert_eq!(given, [true, false, true, false, true]);
}

#[test]
fn frames_above_the_bound_are_dropped_for_the_log_and_changes_are_not() {
    let mut incoming = Incoming::default();
    incoming.take(Arrival::Change(Change::Joined("ana".into())));
    for _ in 0..9 {
        incoming.take(frame(1_000_000, 1));
    }
    incoming.take(frame(1, 1));
    assert_eq!(kinds(&mut incoming), ["lost", "change", "1 frames"]);
}

#[test]
fn what_came_early_and_was_dropped_is_not_taken_for_given_by_what_comes_behind_it() {
    let mut incoming = Incoming::default();
    let early = |mark, bytes| {
        let Arrival::Frame(frame) = frame(bytes, 1) else {
            unreachable!("it is one");
        };
        Arrival::Early(Early::between(5, mark), frame.messages)
    };
    let logged = |mark| {
        let Arrival::Frame(mut frame) = frame(1, 1) else {
            unreachable!("it is one");
        };
        frame.last = Some(Position { seq: mark, mark });
        Arrival::Frame(frame)
    };
    incoming.take(early(5, 1));
    incoming.take(early(6, Incoming::MOST_BYTES));
    assert_eq!(kinds(&mut incoming), ["lost"]);
    incoming.take(early(7, 1));
    incoming.take(logged(6));
    incoming.take(early(8, 1));
    assert_eq!(kinds(&mut incoming), ["1 frames"]);
    incoming.take(logged(8));
    incoming.take(early(9, 1));
    assert_eq!(kinds(&mut incoming), ["1 frames", "early"]);
}
