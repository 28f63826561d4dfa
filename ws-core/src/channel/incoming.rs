//! What the members of a channel on this node have yet to be given: in order, and bounded.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::Arc;

use crate::cluster::{Arrival, Change, Frame, Message, Why};
use crate::protocol::{ConnectionKey, Early, Position, Text};

/// The queue.
#[derive(Default)]
pub(super) struct Incoming {
    queue: VecDeque<Arrival>,
    /// How many have left the queue.
    left: u64,
    /// What this node alone sends. It goes first: what the hook of a change sends belongs right behind that change.
    here: VecDeque<Here>,
    /// Whether that was given last: it takes turns with the queue, for neither may ever end.
    was_here: bool,
    bytes: usize,
    /// Frames were dropped because too much waited, and are to be read from the log.
    has_lost: bool,
    /// The highest early mark that was dropped for lack of room. Until the log has passed it, what comes early is dropped as well:
    /// a later mark would claim that what was dropped had been delivered.
    lost_early: Option<Early>,
}

/// An event for the members of this node.
pub(super) struct Here {
    pub(super) except: Option<Arc<str>>,
    pub(super) event: Text,
}

/// What is given to the members at once.
pub(super) enum Delivery {
    Here(Vec<Here>),
    /// Read the log from where the members stand.
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
    Gap(Why, Position),
}

/// As much waits as may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Incoming {
    /// The most bytes of messages that wait.
    pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;
    /// The most messages that are given at once, unless a single frame has more.
    const LARGEST_DELIVERY: usize = 256;

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.here.is_empty() && !self.has_lost
    }

    /// Whether there is something that this node alone sends, or several messages that came at once.
    pub(super) fn is_busy(&self) -> bool {
        let mut queue = self.queue.iter();
        let came_together = |arrival: &Arrival| matches!(arrival, Arrival::Frame(frame) if frame.messages.len() > 1);
        !self.here.is_empty() || queue.any(came_together)
    }

    /// Adds what the cluster brings. Where too many frames wait, they are dropped: the log still has them.
    pub(super) fn take(&mut self, arrival: Arrival) {
        match (&arrival, self.lost_early) {
            (Arrival::Early(early, _), Some(_)) => {
                self.lost_early = Some(*early);
                return;
            }
            (Arrival::Frame(frame), Some(lost)) => {
                let brings = frame.last.is_some_and(|last| lost.is_up_to(last.nonce));
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

    /// Drops what waits, and this behind it, but for what nobody can read later.
    fn lose(&mut self, arrival: Arrival) {
        self.has_lost = true;
        self.drop_where(|_| true);
        self.drop_one(arrival);
    }

    /// Drops the frames that lie in a gap up to here, but for the orders in them, which come behind it.
    pub(super) fn skip(&mut self, head: Position) {
        self.drop_where(|arrival| match arrival {
            Arrival::Frame(frame) => frame.last.is_some_and(|last| last.seq <= head.seq),
            _ => false,
        });
    }

    fn drop_where(&mut self, is_dropped: impl Fn(&Arrival) -> bool) {
        self.bytes = self.here.iter().map(Here::size).sum();
        let end = self.end();
        for waited in take(&mut self.queue) {
            match is_dropped(&waited) {
                true => self.drop_one(waited),
                false => self.keep(waited),
            }
        }
        self.left = end - self.queue.len() as u64;
    }

    /// Drops this, but for the orders in it to end connections. The log may lose them before it is read; and where it does not,
    /// they are carried out at their place in it, and what is kept of them comes behind that.
    fn drop_one(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Early(early, _) => self.lost_early = Some(early),
            Arrival::Frame(frame) => {
                let is_order = |message: &&Message| matches!(message, Message::Disconnect { .. });
                let orders: Vec<Message> =
                    frame.messages.iter().filter(is_order).cloned().collect();
                if !orders.is_empty() {
                    self.keep(Arrival::Frame(Frame::past_the_log(frame.mark(), orders)));
                }
            }
            arrival => self.keep(arrival),
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
    pub(super) fn send(&mut self, here: Here) -> Result<(), Full> {
        if self.bytes + here.size() > Self::MOST_BYTES {
            return Err(Full);
        }
        self.bytes += here.size();
        self.here.push_back(here);
        Ok(())
    }

    /// The place behind everything that the cluster has brought so far.
    pub(super) fn end(&self) -> u64 {
        self.left + self.queue.len() as u64
    }

    /// Whether everything before a place was given, or dropped for the log.
    pub(super) fn is_behind(&self, place: u64) -> bool {
        self.left >= place
    }

    /// Takes what comes next.
    pub(super) fn next(&mut self) -> Option<Delivery> {
        let others_wait = self.has_lost || !self.queue.is_empty();
        self.was_here = !(self.here.is_empty() || self.was_here && others_wait);
        if self.was_here {
            let here: Vec<Here> = self.here.drain(..).collect();
            self.bytes -= here.iter().map(Here::size).sum::<usize>();
            return Some(Delivery::Here(here));
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

    /// What it costs to keep messages of the log, which may also be read there. What is early comes again when the log has it.
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

impl Here {
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
                Delivery::Here(here) => format!("{} here", here.len()),
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
        assert!(!incoming.is_behind(end));
        let Some(Delivery::Frames(frames)) = incoming.next() else {
            panic!("it is dropped")
        };
        assert!(matches!(&*frames[0].messages, [Message::Disconnect { .. }]));
        assert!(incoming.is_behind(end) && incoming.is_empty());
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
        let place = incoming.end();
        assert!(incoming.next().is_some() && incoming.is_behind(place));
        for _ in 0..8 {
            incoming.take(frame(1_000_000, 1));
        }
        let place = incoming.end();
        assert!(!incoming.is_behind(place));
        incoming.take(frame(1_000_000, 1));
        assert!(incoming.is_behind(place));
    }

    #[test]
    fn what_this_node_sends_goes_first() {
        let mut incoming = Incoming::default();
        incoming.take(frame(1, 1));
        let event = Text::from("x".to_owned());
        assert_eq!(
            incoming.send(Here {
                except: None,
                event
            }),
            Ok(())
        );
        assert_eq!(kinds(&mut incoming), ["1 here", "1 frames"]);
    }

    #[test]
    fn what_this_node_sends_all_the_time_does_not_hold_up_the_cluster() {
        let mut incoming = Incoming::default();
        let send = |incoming: &mut Incoming| {
            let event = Text::from("x".to_owned());
            let except = None;
            assert_eq!(incoming.send(Here { except, event }), Ok(()));
        };
        incoming.take(frame(1, 1));
        incoming.take(Arrival::Change(Change::Joined("ana".into())));
        let given = [(); 5].map(|()| {
            send(&mut incoming);
            matches!(incoming.next(), Some(Delivery::Here(_)))
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
        let logged = |nonce| {
            let Arrival::Frame(mut frame) = frame(1, 1) else {
                unreachable!("it is one");
            };
            frame.last = Some(Position { seq: nonce, nonce });
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
