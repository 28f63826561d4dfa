//! Where a client stood in the channels of its previous connection, and where a registration was broken off. Bounded, because the
//! client says so before the application has accepted it.

use std::collections::HashMap;

use crate::limits::{LONGEST_CHANNEL, Limits};
use crate::protocol::{Positions, Seen};

/// How many positions are kept for each channel that a client may be in at once: it may have left some channels.
const EACH: usize = 4;

/// Positions in channels that a client has not joined yet.
#[derive(Default)]
pub(super) struct Resume {
    channels: HashMap<Box<str>, Kept>,
    /// There were more positions than are kept. In any channel that is not among these, the client may have missed something.
    has_others: bool,
}

/// What is kept of one channel.
struct Kept {
    /// `None` where it may have been given only some of what was sent.
    seen: Option<Seen>,
    /// Which of the client's positions it is.
    rank: u32,
}

impl Resume {
    /// The positions that a client gave.
    pub(super) fn of(positions: Positions, limits: &Limits) -> Self {
        let mut resume = Self {
            channels: HashMap::new(),
            has_others: positions.has_unread,
        };
        let longest = limits.name.min(LONGEST_CHANNEL);
        for (rank, (channel, seen)) in (0..).zip(positions.read) {
            // No client is registered in a channel with another name.
            if (1..=longest).contains(&channel.len()) {
                let seen = Some(seen);
                resume.add(channel, Kept { seen, rank }, limits.channels);
            }
        }
        resume.channels.shrink_to_fit();
        resume
    }

    /// Notes that a client may have missed something in a channel.
    pub(super) fn note_interrupted(&mut self, channel: &str, most_channels: usize) {
        let (seen, rank) = (None, u32::MAX);
        self.add(channel.into(), Kept { seen, rank }, most_channels);
    }

    fn add(&mut self, channel: Box<str>, kept: Kept, most_channels: usize) {
        let most = most_channels.saturating_mul(EACH);
        if self.channels.len() < most || self.channels.contains_key(&channel) {
            self.channels.insert(channel, kept);
        } else {
            self.has_others = true;
        }
    }

    /// Takes the position in a channel: `None` where nothing was missed there, an inner `None` where that is not known.
    pub(super) fn take(&mut self, channel: &str) -> Option<Option<Seen>> {
        let found = self.channels.remove(channel).map(|kept| kept.seen);
        if self.channels.len() <= self.channels.capacity() / 4 {
            self.channels.shrink_to_fit();
        }
        found.or_else(|| self.has_others.then_some(None))
    }

    /// The channels of which the client gave a position, in the order in which it gave them.
    pub(super) fn names(&self) -> Vec<String> {
        let given = self.channels.iter().filter(|(_, kept)| kept.seen.is_some());
        let mut given: Vec<_> = given.map(|(channel, kept)| (kept.rank, channel)).collect();
        given.sort_unstable();
        let names = given.into_iter().map(|(_, channel)| channel.to_string());
        names.collect()
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty() && !self.has_others
    }

    /// For how many channels a position is kept, and for how many there is room.
    #[cfg(test)]
    pub(super) fn kept(&self) -> (usize, usize) {
        (self.channels.len(), self.channels.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Position;

    fn seen(seq: u64) -> Seen {
        Position { seq, mark: 0 }.into()
    }

    fn positions(count: u64) -> Positions {
        let positions = (0..count).map(|number| (format!("room-{number}"), Some(seen(number))));
        positions.collect()
    }

    #[test]
    fn a_hello_with_thousands_of_positions_costs_what_a_few_cost_and_every_other_channel_is_a_gap()
    {
        let mut resume = Resume::of(positions(7_000), &Limits::default());
        let (kept, room) = resume.kept();
        assert_eq!(kept, 256);
        assert!(room < 512, "{room}");
        assert_eq!(resume.take("room-0"), Some(Some(seen(0))));
        assert_eq!(resume.take("room-255"), Some(Some(seen(255))));
        assert_eq!(resume.take("room-256"), Some(None));
        assert_eq!(resume.take("room-6999"), Some(None));
    }

    #[test]
    fn positions_that_cannot_be_read_are_not_kept_and_every_other_channel_is_a_gap() {
        let unread = (0..7_000).map(|number| (format!("{number:x}"), None));
        let mut resume = Resume::of(
            unread.chain([("room".to_owned(), Some(seen(7)))]).collect(),
            &Limits::default(),
        );
        assert_eq!(resume.kept().0, 1);
        assert_eq!(resume.take("room"), Some(Some(seen(7))));
        assert_eq!(resume.take("1b57"), Some(None));
        assert_eq!(resume.kept(), (0, 0));
        assert!(!resume.is_empty());
    }

    #[test]
    fn memory_goes_as_positions_are_used_up() {
        let mut resume = Resume::of(positions(256), &Limits::default());
        for number in 0..250 {
            assert_eq!(
                resume.take(&format!("room-{number}")),
                Some(Some(seen(number)))
            );
        }
        let (kept, room) = resume.kept();
        assert!((6..32).contains(&room), "room for {room} of {kept}");
        assert_eq!(resume.take("room-0"), None, "nothing was missed there");
        for number in 250..256 {
            resume.take(&format!("room-{number}"));
        }
        assert!(resume.is_empty());
        assert_eq!(resume.kept(), (0, 0));
    }

    #[test]
    fn a_position_in_a_channel_that_nobody_can_be_in_takes_no_room() {
        let limits = Limits::default().with_name_bytes(8);
        for (name, limits) in [
            ("x".repeat(LONGEST_CHANNEL + 1), &Limits::default()),
            (String::new(), &Limits::default()),
            ("x".repeat(9), &limits),
        ] {
            let resume = Resume::of([(name, Some(seen(1)))].into_iter().collect(), limits);
            assert!(resume.is_empty());
        }
    }

    #[test]
    fn names_are_those_whose_position_is_known_in_the_order_of_the_client() {
        let limits = Limits::default().with_channels_per_client(2);
        let mut resume = Resume::of(positions(9), &limits);
        assert_eq!(
            resume.names(),
            (0..8)
                .map(|number| format!("room-{number}"))
                .collect::<Vec<_>>()
        );
        resume.take("room-0");
        resume.note_interrupted("room-0", 2);
        for number in 3..8 {
            resume.take(&format!("room-{number}"));
        }
        assert_eq!(resume.names(), ["room-1", "room-2"]);
    }
}
