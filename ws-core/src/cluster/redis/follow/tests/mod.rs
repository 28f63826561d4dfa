//! The state machine alone: every doubt that may befall it.

mod clients;
mod returning;
mod world;

use super::*;
use crate::cluster::Message;

/// A frame of one message.
fn frame(seq: u64, mark: u64) -> Frame {
    frames_of(seq, mark, 1)
}

fn frames_of(last: u64, mark: u64, count: usize) -> Frame {
    let last = Position { seq: last, mark };
    Frame::logged(last, vec![Message::Blank; count])
}

/// What is to be done, in short: `read 7`, `+8` for a delivery, `gap reset 7`.
fn words(outputs: &[Output]) -> Vec<String> {
    let word = |output: &Output| match output {
        Output::Read(request) => match request.from {
            None => "read the end".to_owned(),
            Some(from) => format!("read {}", from.seq),
        },
        Output::Opened => "opened".to_owned(),
        Output::Deliver(frame) => format!("+{}", frame.last.unwrap().seq),
        Output::Gap { why, head } => format!("gap {} {}", why.as_str(), head.seq),
        Output::Distrust => "distrust".to_owned(),
    };
    outputs.iter().map(word).collect()
}

struct Case(Follow);

impl Case {
    /// It has delivered everything up to frame 10, whose mark is 10, as every mark is the number.
    fn live() -> Self {
        let mut case = Self(Follow::new(100));
        assert_eq!(case.does(Input::Subscribed), ["read the end"]);
        assert_eq!(case.reads(Reading::Newest(frame(10, 10))), ["opened"]);
        assert!(case.0.is_live());
        case
    }

    fn does(&mut self, input: Input) -> Vec<String> {
        words(&self.0.step(input))
    }

    fn reads(&mut self, result: Reading) -> Vec<String> {
        let reading = self.0.reading;
        self.does(Input::Read { reading, result })
    }

    fn pushed(&mut self, seq: u64, mark: u64) -> Vec<String> {
        self.does(Input::Pushed(frame(seq, mark)))
    }
}

fn continues(frames: Vec<Frame>) -> Reading {
    Reading::Continues {
        frames,
        more: false,
    }
}

#[test]
fn what_continues_is_delivered_and_what_was_delivered_is_not_again() {
    let mut case = Case::live();
    assert_eq!(case.pushed(11, 11), ["+11"]);
    assert_eq!(case.pushed(11, 11), [""; 0]);
    assert_eq!(case.pushed(10, 10), [""; 0]);
    assert_eq!(case.does(Input::Pushed(frames_of(14, 14, 3))), ["+14"]);
    assert_eq!(case.pushed(15, 15), ["+15"]);
}

#[test]
fn a_lost_push_is_looked_up_as_soon_as_the_next_one_comes() {
    let mut case = Case::live();
    assert_eq!(case.pushed(12, 12), ["read 10"]);
    assert_eq!(case.pushed(13, 13), [""; 0], "it waits");
    let found = vec![frame(10, 10), frame(11, 11), frame(12, 12)];
    assert_eq!(case.reads(continues(found)), ["+11", "+12", "+13"]);
    assert!(case.0.is_live());
}

#[test]
fn a_lost_push_with_none_behind_it_is_noticed_by_the_head() {
    let mut case = Case::live();
    assert_eq!(
        case.does(Input::Head(Some(11))),
        [""; 0],
        "it may be on its way"
    );
    assert_eq!(case.does(Input::Head(Some(11))), ["distrust", "read 10"]);
    let mut case = Case::live();
    case.does(Input::Head(Some(11)));
    case.pushed(11, 11);
    assert_eq!(
        case.does(Input::Head(Some(12))),
        [""; 0],
        "another one may be"
    );
    assert_eq!(case.does(Input::Head(Some(11))), [""; 0]);
}

#[test]
fn a_head_that_is_gone_or_goes_back_is_looked_up() {
    for head in [None, Some(7)] {
        let mut case = Case::live();
        case.does(Input::Head(head));
        assert_eq!(case.does(Input::Head(head)), ["distrust", "read 10"]);
    }
}

#[test]
fn nothing_is_delivered_from_a_subscription_that_is_in_doubt() {
    let mut case = Case::live();
    case.does(Input::Unsubscribed);
    assert_eq!(case.pushed(11, 11), [""; 0]);
    assert_eq!(case.does(Input::Subscribed), ["read 10"]);
    assert_eq!(case.pushed(12, 12), [""; 0]);
    let found = vec![frame(10, 10), frame(11, 11)];
    assert_eq!(case.reads(continues(found)), ["+11", "+12"]);
}

#[test]
fn what_an_earlier_reading_found_is_of_no_interest() {
    let mut case = Case::live();
    case.pushed(12, 12);
    let earlier = case.0.reading;
    case.does(Input::Unsubscribed);
    case.does(Input::Subscribed);
    let result = continues(vec![frame(10, 10), frame(11, 11)]);
    let input = Input::Read {
        reading: earlier,
        result,
    };
    assert_eq!(case.does(input), [""; 0]);
    assert!(!case.0.is_live());
}

#[test]
fn a_trimmed_or_lost_log_is_told_and_then_delivered_from_its_beginning() {
    for why in [GapReason::Trimmed, GapReason::Reset] {
        let mut case = Case::live();
        case.pushed(25, 25);
        let frames = vec![frame(23, 23), frame(24, 24), frame(25, 25)];
        let broken = Reading::Broken {
            why,
            frames,
            more: false,
        };
        let gap = format!("gap {} 22", why.as_str());
        assert_eq!(case.reads(broken), [&gap, "+23", "+24", "+25", "read 25"]);
    }
}

#[test]
fn a_log_that_went_back_is_told_and_goes_on_behind_what_it_has_in_common() {
    let mut case = Case::live();
    for seq in 11..=15 {
        case.pushed(seq, seq);
    }
    // The log has grown past the same place, in another way from 13 on.
    assert_eq!(case.pushed(15, 99), ["read 15"]);
    let frames = vec![frame(11, 11), frame(12, 12), frame(13, 93), frame(15, 99)];
    let broken = Reading::Broken {
        why: GapReason::Forked,
        frames,
        more: false,
    };
    assert_eq!(
        case.reads(broken),
        ["gap forked 12", "+13", "+15", "read 15"]
    );
    assert_eq!(case.reads(continues(vec![frame(15, 99)])), [""; 0]);
    // A push of the log that was is looked up once, and then forgotten.
    assert_eq!(case.pushed(14, 14), ["read 15"]);
    assert_eq!(case.reads(continues(vec![frame(15, 99)])), [""; 0]);
    assert_eq!(case.pushed(16, 96), ["+16"]);
}

#[test]
fn who_comes_back_from_before_a_rewind_is_told_what_the_log_does_not_show() {
    let mut case = Case::live();
    for seq in 11..=13 {
        case.pushed(seq, seq);
    }
    case.does(Input::Subscribed);
    let forked = Reading::Broken {
        why: GapReason::Forked,
        frames: vec![frame(10, 10), frame(11, 11), frame(12, 99)],
        more: false,
    };
    assert_eq!(case.reads(forked), ["gap forked 11", "+12", "read 12"]);
    // It has missed 12 and 13 of the log that was. The log that is goes on behind 11 as if they had never been.
    let at = |seq, mark| case.0.after(Position { seq, mark }).as_ref().map(told);
    let told_so = |text: &str| Some(text.to_owned());
    assert_eq!(at(10, 10), told_so("10 11, and more"));
    assert_eq!(at(11, 11), told_so("gap forked 11: 11 12"));
    assert_eq!(at(12, 99), told_so("12"));
    // What was delivered here and is lost.
    for seq in [12, 13] {
        assert_eq!(at(seq, seq), told_so("gap forked 11: 11 12"));
    }
    assert_eq!(at(13, 99), None, "nor what never was");
}

/// What somebody is told and given who comes back, in short.
fn told(recovery: &Recovery) -> String {
    let (mut told, frames, more) = match recovery {
        Recovery::Exact { frames, more } => (String::new(), frames, *more),
        Recovery::Gap {
            why,
            head,
            frames,
            more,
        } => (
            format!("gap {} {}: ", why.as_str(), head.seq),
            frames,
            *more,
        ),
        Recovery::Broken { why, head } => return format!("broken {} {}", why.as_str(), head.seq),
    };
    let seqs = frames.iter().filter_map(|frame| frame.last);
    let seqs: Vec<String> = seqs.map(|last| last.seq.to_string()).collect();
    told.push_str(&seqs.join(" "));
    if more {
        told.push_str(", and more");
    }
    told
}

#[test]
fn what_was_read_before_the_first_delivery_is_at_hand_as_far_as_there_is_room() {
    let from = |seq| Position { seq, mark: seq };
    let mut case = Case(Follow::new(5));
    case.does(Input::Subscribed);
    case.reads(Reading::Newest(frame(10, 10)));
    let of_another_log = [frame(8, 8), frame(9, 9), frame(10, 77)];
    case.0.remember(&of_another_log);
    assert!(case.0.after(from(9)).is_none());
    let log: Vec<Frame> = (1..=12).map(|seq| frame(seq, seq)).collect();
    // What comes behind is still to be delivered.
    case.0.remember(&log);
    case.0.remember(&log);
    let Some(Recovery::Exact { frames, .. }) = case.0.after(from(6)) else {
        panic!("it is at hand");
    };
    let seqs = frames.iter().map(|frame| frame.last.unwrap().seq);
    assert!(seqs.eq(6..=10));
    assert!(case.0.after(from(5)).is_none(), "there is no room for it");
    assert_eq!(case.pushed(11, 11), ["+11"]);
    assert!(case.0.after(from(6)).is_none(), "the oldest goes first");
    assert!(case.0.after(from(7)).is_some());
}

#[test]
fn a_log_that_only_went_back_is_told_although_nothing_follows() {
    let mut case = Case::live();
    case.pushed(11, 11);
    case.does(Input::Unsubscribed);
    case.does(Input::Subscribed);
    let broken = Reading::Broken {
        why: GapReason::Forked,
        frames: vec![frame(10, 10)],
        more: false,
    };
    assert_eq!(case.reads(broken), ["gap forked 10", "read 10"]);
    assert_eq!(case.reads(continues(vec![frame(10, 10)])), [""; 0]);
    assert_eq!(case.pushed(11, 77), ["+11"]);
}

#[test]
fn what_the_log_lost_and_takes_again_is_told_and_not_given_twice() {
    let mut case = Case::live();
    for seq in 11..=13 {
        case.pushed(seq, seq);
    }
    case.does(Input::Unsubscribed);
    case.does(Input::Subscribed);
    // It has lost 12 and 13, of which their publishers know that too few replicas had them, and gone on.
    let broken = Reading::Broken {
        why: GapReason::Forked,
        frames: vec![frame(11, 11), frame(12, 92)],
        more: false,
    };
    assert_eq!(case.reads(broken), ["gap forked 11", "+12", "read 12"]);
    assert_eq!(case.reads(continues(vec![frame(12, 92)])), [""; 0]);
    assert_eq!(case.pushed(13, 12), ["gap forked 13"]);
    assert_eq!(case.pushed(14, 94), ["+14"]);
    assert_eq!(case.pushed(15, 13), ["gap forked 15"]);
    // Who comes back from before one of them may have been given it, or not: it lies in a gap.
    let at = |seq, mark| case.0.after(Position { seq, mark }).as_ref().map(told);
    let told_so = |text: &str| Some(text.to_owned());
    assert_eq!(at(11, 11), told_so("gap forked 11: 11 12, and more"));
    assert_eq!(at(12, 92), told_so("gap forked 13: 13 14, and more"));
    assert_eq!(at(14, 94), told_so("gap forked 15: 15"));
    assert_eq!(at(15, 13), told_so("15"));
}

#[test]
fn what_seems_to_follow_itself_is_told_and_not_given_twice() {
    let mut case = Case::live();
    assert_eq!(case.pushed(11, 11), ["+11"]);
    // The subscription is to another server than the one that was read, which has not had it before.
    assert_eq!(case.pushed(12, 11), ["gap forked 12"]);
    assert_eq!(case.pushed(13, 13), ["+13"]);
}

#[test]
fn what_stands_again_across_the_place_where_it_was_is_told_and_not_given_twice() {
    let mut case = Case::live();
    assert_eq!(case.does(Input::Pushed(frames_of(13, 77, 3))), ["+13"]);
    case.does(Input::Subscribed);
    let found = vec![frames_of(14, 77, 3), frame(15, 15)];
    let given = case.reads(continues(found));
    assert_eq!(given, ["gap forked 11", "gap forked 14", "+15", "read 15"]);
}

#[test]
fn what_is_common_over_several_pages_is_not_delivered_again() {
    let mut case = Case::live();
    for seq in 11..=14 {
        case.pushed(seq, seq);
    }
    assert_eq!(case.pushed(14, 99), ["read 14"]);
    let broken = Reading::Broken {
        why: GapReason::Forked,
        frames: vec![frame(10, 10), frame(11, 11)],
        more: true,
    };
    assert_eq!(
        case.reads(broken),
        ["read 11"],
        "where they differ is not known yet"
    );
    let rest = vec![frame(11, 11), frame(12, 12), frame(13, 93), frame(14, 99)];
    let given = case.reads(continues(rest));
    assert_eq!(given, ["gap forked 12", "+13", "+14", "read 14"]);
}

#[test]
fn more_than_may_wait_is_read_again_from_the_log() {
    let mut case = Case::live();
    case.pushed(12, 12);
    let count = 1 + Follow::MOST_WAITING / frames_of(1000, 1, 1000).size();
    for index in 0..count as u64 {
        case.does(Input::Pushed(frames_of(1012 + 1000 * index, 1, 1000)));
    }
    assert!(case.0.waiting_bytes <= Follow::MOST_WAITING);
    let found = vec![frame(10, 10), frame(11, 11), frame(12, 12)];
    assert_eq!(case.reads(continues(found)), ["+11", "+12", "read 12"]);
}
