//! Where a client stood, as it says in its `hello`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Seen;

/// The last position that a client has seen, of each channel.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    /// In the order in which they were given.
    pub(crate) read: Vec<(Box<str>, Seen)>,
    /// Whether there were others, which could not be read. Their channels are not kept, because a client could send thousands of
    /// names.
    pub(crate) has_unread: bool,
}

impl Positions {
    fn add(&mut self, channel: impl Into<Box<str>>, seen: Option<Seen>) {
        match seen {
            Some(seen) => self.read.push((channel.into(), seen)),
            None => self.has_unread = true,
        }
    }
}

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Positions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of positions")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Positions, A::Error> {
        let mut positions = Positions::default();
        while let Some((channel, position)) = map.next_entry::<String, &RawValue>()? {
            // A position that cannot be read cannot be resumed from, but is no reason to refuse the client.
            positions.add(channel, serde_json::from_str(position.get()).ok());
        }
        Ok(positions)
    }
}

#[cfg(test)]
impl<S: Into<Box<str>>> FromIterator<(S, Option<Seen>)> for Positions {
    fn from_iter<I: IntoIterator<Item = (S, Option<Seen>)>>(positions: I) -> Self {
        let mut all = Self::default();
        for (channel, seen) in positions {
            all.add(channel, seen);
        }
        all
    }
}
