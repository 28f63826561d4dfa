//! The queue of what the members of a channel on this node have yet to be given: in order, and bounded.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::Arc;

use super::flow::Full;
use crate::cluster::{Arrival, Change, Frame, GapReason, Message};
use crate::protocol::{ConnectionKey, Early, Position, Text};

/// The queue.
#[derive(Default)]
pub(super) struct Incoming {
    queue: VecDeque<Arrival>,
    /// How many arrivals have left the queue.
    left: u64,
    /// What this node alone sends. It goes first: what the presence hook sends for a change belongs right behind that change.
    local: VecDeque<LocalEvent>,
    /// Whether that was given last. It alternates with the queue, because either may never end.
    was_local: bool,
    bytes: usize,
    /// Frames were dropped because too much waited, and are to be read from the log.
    has_lost: bool,
    /// The highest early mark that was dropped for lack of room. Until the log has passed it, what comes early is dropped as well:
    /// a later mark would claim that what was dropped had been delivered.
    lost_early: Option<Early>,
}

/// An event for the members of this node.
pub(super) struct LocalEvent {
    pub(super) except: Option<Arc<str>>,
    pub(super) event: Text,
}

/// What is given to the members at once.
pub(super) enum Delivery {
    Local(Vec<LocalEvent>),
    /// Frames were dropped: read the log from where the members stand.
    Lost,
    Frames(Vec<Frame>),
    /// Messages that the log does not have yet.
    Early(Early, Arc<[Message]>),
    /// The log has taken the publication of this mark, which was given early.
    Taken(u64, Position),
    Change(Change),
    /// The connection with this key, if it is here, was replaced by a newer one.
    Replaced(ConnectionKey),
    /// Messages are missing; the log continues behind this position.
    Gap(GapReason, Position),
}

impl Incoming {
    /// The most bytes of messages that wait.
    pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;
    /// The most messages that are given at once, unless a single frame has more.
    const LARGEST_DELIVERY: usize = 256;

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.local.is_empty() && !self.has_lost
    }

    /// Whether there is something that this node alone sends, or several messages that came at once.
    pub(super) fn is_busy(&self) -> bool {
        let mut queue = self.queue.iter();
        let came_together = |arrival: &Arrival| matches!(arrival, Arrival::Frame(frame) if frame.messages.len() > 1);
        !self.local.is_empty() || queue.any(came_together)
    }

    /// Adds what the cluster brings. Where too much waits, frames are dropped: the log still has them.
    pub(super) fn take(&mut self, arrival: Arrival) {
        match (&arrival, self.lost_early) {
            (Arrival::Early(..), Some(_)) => return self.drop_one(arrival),
            (Arrival::Frame(frame), Some(lost)) => {
                let brings = frame.last.is_some_and(|last| lost.is_up_to(last.mark));
                self.lost_early = Some(lost).filter(|_| !brings);
            }
            _ => {}
        }
        let size = Self::size(&arrival);
        if size > 0 {
            self.bytes += size;
            if self.bytes > Self::MOST_BYTES {
                return self.lose(arrival);
            }
        }
        self.queue.push_back(arrival);
    }

    /// Drops what waits, and then this, except for what nobody can read later.
    fn lose(&mut self, arrival: Arrival) {
        self.has_lost = true;
        self.drop_where(|_| true);
        self.drop_one(arrival);
    }

    /// Drops the frames that lie in a gap, which ends at `head`, except for the orders in them: those come behind it.
    pub(super) fn skip(&mut self, head: Position) {
        self.drop_where(|arrival| match arrival {
            Arrival::Frame(frame) => frame.last.is_some_and(|last| last.seq <= head.seq),
            _ => false,
        });
    }

    fn drop_where(&mut self, is_dropped: impl Fn(&Arrival) -> bool) {
        self.bytes = self.local.iter().map(LocalEvent::size).sum();
        let end = self.end();
        for waited in take(&mut self.queue) {
            match is_dropped(&waited) {
                true => self.drop_one(waited),
                false => self.keep(waited),
            }
        }
        self.left = end - self.queue.len() as u64;
    }

    /// Drops an arrival, except for the orders in it to end connections. The log may lose them before it is read. Where it does
    /// not, they are carried out where they stand in it, and what is kept of them comes later. Early orders do not wait for the
    /// log, which may be away for long.
    fn drop_one(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Early(early, messages) => {
                self.lost_early = Some(early);
                self.keep_orders(Some(early.last()), &messages);
            }
            Arrival::Frame(frame) => self.keep_orders(frame.mark(), &frame.messages),
            arrival => self.keep(arrival),
        }
    }

    fn keep_orders(&mut self, mark: Option<u64>, messages: &[Message]) {
        let is_order = |message: &&Message| matches!(message, Message::Disconnect { .. });
        let orders: Vec<Message> = messages.iter().filter(is_order).cloned().collect();
        if !orders.is_empty() {
            self.keep(Arrival::Frame(Frame::past_the_log(mark, orders)));
        }
    }

    fn keep(&mut self, arrival: Arrival) {
        let size = Self::size(&arrival);
        if size > 0 && self.bytes + size > Self::MOST_BYTES {
            tracing::error!(
                "an order to disconnect users was lost: this node could not keep up with the orders"
            );
            return;
        }
        self.bytes += size;
        self.queue.push_back(arrival);
    }

    /// Adds an event of this node alone.
    pub(super) fn send(&mut self, event: LocalEvent) -> Result<(), Full> {
        if self.bytes + event.size() > Self::MOST_BYTES {
            return Err(Full);
        }
        self.bytes += event.size();
        self.local.push_back(event);
        Ok(())
    }

    /// The point behind everything that the cluster has brought so far.
    pub(super) fn end(&self) -> u64 {
        self.left + self.queue.len() as u64
    }

    /// Whether everything before a point was given, or dropped because the log has it.
    pub(super) fn has_passed(&self, point: u64) -> bool {
        self.left >= point
    }

    /// Takes what comes next.
    pub(super) fn next(&mut self) -> Option<Delivery> {
        let others_wait = self.has_lost || !self.queue.is_empty();
        self.was_local = !(self.local.is_empty() || self.was_local && others_wait);
        if self.was_local {
            let events: Vec<LocalEvent> = self.local.drain(..).collect();
            self.bytes -= events.iter().map(LocalEvent::size).sum::<usize>();
            return Some(Delivery::Local(events));
        }
        if take(&mut self.has_lost) {
            return Some(Delivery::Lost);
        }
        match self.pop()? {
            Arrival::Change(change) => Some(Delivery::Change(change)),
            Arrival::Replaced(key) => Some(Delivery::Replaced(key)),
            Arrival::Early(early, messages) => {
                self.bytes -= messages.iter().map(Message::size).sum::<usize>();
                Some(Delivery::Early(early, messages))
            }
            Arrival::Taken(mark, at) => Some(Delivery::Taken(mark, at)),
            Arrival::Gap { why, head } => Some(Delivery::Gap(why, head)),
            Arrival::Frame(first) => Some(Delivery::Frames(self.frames(first))),
        }
    }

    /// The bytes of the messages in an arrival, which can be dropped: the log has them, or will bring them.
    fn size(arrival: &Arrival) -> usize {
        match arrival {
            Arrival::Frame(frame) => frame.size(),
            Arrival::Early(_, messages) => messages.iter().map(Message::size).sum(),
            Arrival::Change(_)
            | Arrival::Replaced(_)
            | Arrival::Taken(..)
            | Arrival::Gap { .. } => 0,
        }
    }

    fn frames(&mut self, first: Frame) -> Vec<Frame> {
        let mut messages = first.messages.len();
        let mut frames = vec![first];
        while let Some(Arrival::Frame(frame)) = self.queue.front()
            && messages + frame.messages.len() <= Self::LARGEST_DELIVERY
        {
            messages += frame.messages.len();
            if let Some(Arrival::Frame(frame)) = self.pop() {
                frames.push(frame);
            }
        }
        self.bytes -= frames.iter().map(Frame::size).sum::<usize>();
        frames
    }

    fn pop(&mut self) -> Option<Arrival> {
        let arrival = self.queue.pop_front()?;
        self.left += 1;
        Some(arrival)
    }
}

impl LocalEvent {
    pub(super) fn size(&self) -> usize {
        let except = self.except.as_ref().map_or(0, |user| user.len());
        size_of::<Self>() + except + self.event.len()
    }
}

#[cfg(test)]
mod tests {
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
}
