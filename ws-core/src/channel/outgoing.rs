//! The queue of what the cluster has yet to be told of a channel: in order, and bounded.

use std::collections::VecDeque;

use bytes::BytesMut;
use tokio::sync::oneshot;

use super::flow::Full;
use crate::cluster::{Enrolment, Message, Target};
use crate::error::ClusterError;
use crate::protocol::Lent;

/// Tells a caller what the cluster answered.
pub(super) type Answer = oneshot::Sender<Result<(), ClusterError>>;

/// The queue.
#[derive(Default)]
pub(super) struct Outgoing {
    queue: VecDeque<Item>,
    bytes: usize,
    /// How many messages the last batch had.
    told_at_once: usize,
    /// What is left of the memory that waiting events share.
    memory: Memory,
}

/// Memory for events. What goes past the log has its own, so that the log, which keeps its events for long, does not keep it.
#[derive(Default)]
struct Memory {
    logged: BytesMut,
    past: BytesMut,
}

enum Item {
    Publish(Message),
    Enrol(Enrolment, Answer),
}

/// What is told at once.
pub(super) enum Batch {
    Publish(Vec<Message>),
    /// Past the log.
    PublishPast(Vec<Message>),
    Enrol(Vec<Enrolment>, Vec<Answer>),
}

impl Outgoing {
    /// The most bytes of messages that wait.
    const MOST_BYTES: usize = 8 * 1024 * 1024;
    /// The most that is told at once: messages, and bytes unless a single message has more.
    const LARGEST_BATCH: (usize, usize) = (256, 64 * 1024);

    /// The most bytes of memory that events share. Who keeps one of them keeps all of it.
    const MOST_IN_COMMON: usize = 4 * 1024;

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether several send at the same time, as far as can be seen.
    pub(super) fn is_crowded(&self) -> bool {
        self.queue.len() > 1 || (self.told_at_once > 1 && !self.queue.is_empty())
    }

    /// Adds a message.
    pub(super) fn publish(&mut self, message: Message) -> Result<(), Full> {
        if self.bytes + message.size() > Self::MOST_BYTES {
            return Err(Full);
        }
        self.bytes += message.size();
        self.queue.push_back(Item::Publish(message));
        Ok(())
    }

    /// Adds an event, copied into memory that waiting events share: memory of its own, allocated by one task and freed by another,
    /// would be dear for each of many.
    pub(super) fn send(&mut self, target: Target, event: Lent<'_>) -> Result<(), Full> {
        let length = event.bytes.len();
        if self.bytes + length > Self::MOST_BYTES {
            return Err(Full);
        }
        let memory = if event.ephemeral {
            &mut self.memory.past
        } else {
            &mut self.memory.logged
        };
        if memory.capacity() < length {
            let is_alone = self.queue.is_empty();
            let others = if is_alone { 0 } else { Self::MOST_IN_COMMON };
            *memory = BytesMut::with_capacity(length.max(others));
        }
        let event = event.copy_to(memory);
        self.publish(Message::Event { target, event })
    }

    /// Adds the beginning or the end of a membership. Not bounded here: there are no more of them than connections.
    pub(super) fn enrol(&mut self, enrolment: Enrolment, answer: Answer) {
        self.queue.push_back(Item::Enrol(enrolment, answer));
    }

    /// Takes what comes next, as much of one kind as may be told at once.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        match self.queue.front()? {
            Item::Publish(_) => Some(self.messages()),
            Item::Enrol(..) => Some(self.enrolments()),
        }
    }

    fn messages(&mut self) -> Batch {
        let (most, most_bytes) = Self::LARGEST_BATCH;
        let mut messages = Vec::new();
        let mut bytes = 0;
        let mut is_ephemeral = None;
        while let Some(Item::Publish(message)) = self.queue.front() {
            if *is_ephemeral.get_or_insert(message.is_ephemeral()) != message.is_ephemeral() {
                break;
            }
            let fits = messages.len() < most && bytes + message.size() <= most_bytes;
            if !fits && !messages.is_empty() {
                break;
            }
            bytes += message.size();
            if let Some(Item::Publish(message)) = self.queue.pop_front() {
                messages.push(message);
            }
        }
        self.bytes -= bytes;
        self.told_at_once = messages.len();
        if self.queue.is_empty() {
            self.memory = Memory::default();
        }
        match is_ephemeral {
            Some(true) => Batch::PublishPast(messages),
            _ => Batch::Publish(messages),
        }
    }

    fn enrolments(&mut self) -> Batch {
        let (mut enrolments, mut answers) = (Vec::new(), Vec::new());
        while let Some(Item::Enrol(..)) = self.queue.front()
            && enrolments.len() < Self::LARGEST_BATCH.0
        {
            if let Some(Item::Enrol(enrolment, answer)) = self.queue.pop_front() {
                enrolments.push(enrolment);
                answers.push(answer);
            }
        }
        Batch::Enrol(enrolments, answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::WhenSlow;
    use crate::protocol::{ConnectionId, Text};

    fn message(bytes: usize) -> Message {
        Message::Event {
            target: Target::All,
            event: Text::from("x".repeat(bytes)),
        }
    }

    fn counts(outgoing: &mut Outgoing) -> Vec<(usize, usize)> {
        let mut counts = Vec::new();
        while let Some(batch) = outgoing.next_batch() {
            counts.push(match batch {
                Batch::Publish(messages) | Batch::PublishPast(messages) => (messages.len(), 0),
                Batch::Enrol(enrolments, _) => (0, enrolments.len()),
            });
        }
        counts
    }

    #[test]
    fn what_waits_is_told_in_order_and_together_where_it_is_of_one_kind() {
        let mut outgoing = Outgoing::default();
        let leave = || Enrolment::Leave(ConnectionId::random());
        for _ in 0..3 {
            outgoing.publish(message(1)).unwrap();
        }
        outgoing.enrol(leave(), oneshot::channel().0);
        outgoing.enrol(leave(), oneshot::channel().0);
        outgoing.publish(message(1)).unwrap();
        assert_eq!(counts(&mut outgoing), [(3, 0), (0, 2), (1, 0)]);
        assert_eq!(outgoing.bytes, 0);
    }

    #[test]
    fn a_batch_is_bounded_in_messages_and_bytes_but_takes_at_least_one() {
        let mut outgoing = Outgoing::default();
        for _ in 0..300 {
            outgoing.publish(message(1)).unwrap();
        }
        assert_eq!(counts(&mut outgoing), [(256, 0), (44, 0)]);
        for _ in 0..3 {
            outgoing.publish(message(40_000)).unwrap();
        }
        outgoing.publish(message(100_000)).unwrap();
        assert_eq!(counts(&mut outgoing), [(1, 0), (1, 0), (1, 0), (1, 0)]);
    }

    #[test]
    fn the_queue_is_bounded_and_takes_again_what_it_has_room_for() {
        let mut outgoing = Outgoing::default();
        while outgoing.publish(message(1_000_000)).is_ok() {}
        assert!(outgoing.bytes <= Outgoing::MOST_BYTES && outgoing.bytes > 7_000_000);
        outgoing.next_batch();
        assert_eq!(outgoing.publish(message(1_000_000)), Ok(()));
    }

    #[test]
    fn who_sends_one_message_after_the_other_is_no_crowd() {
        let mut outgoing = Outgoing::default();
        for _ in 0..3 {
            outgoing.publish(message(1)).unwrap();
            assert!(!outgoing.is_crowded());
            outgoing.next_batch();
        }
        outgoing.publish(message(1)).unwrap();
        outgoing.publish(message(1)).unwrap();
        assert!(outgoing.is_crowded());
        outgoing.next_batch();
        assert!(!outgoing.is_crowded());
        outgoing.publish(message(1)).unwrap();
        assert!(outgoing.is_crowded());
    }

    #[test]
    fn what_the_log_keeps_does_not_keep_what_goes_past_it() {
        let mut outgoing = Outgoing::default();
        for ephemeral in [false, false, true, false] {
            let event = Lent {
                bytes: b"hello",
                when_slow: WhenSlow::default(),
                ephemeral,
            };
            outgoing.send(Target::All, event).unwrap();
        }
        let events: Vec<Text> = outgoing
            .queue
            .iter()
            .filter_map(|item| match item {
                Item::Publish(Message::Event { event, .. }) => Some(event.clone()),
                _ => None,
            })
            .collect();
        let memory = |index: usize| events[index].as_bytes().as_ptr_range();
        assert_eq!(memory(1).end, memory(3).start);
    }
}
