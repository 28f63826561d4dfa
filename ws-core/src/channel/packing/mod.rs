//! Writes messages for this node's members, in bundles: a member that receives all messages of a bundle is given them as one.

#[cfg(test)]
mod tests;

use super::parcel::{Parcel, Receiver};
use crate::event::WhenSlow;
use crate::protocol::{ChannelSuffix, Draft, Encoded, EncodedFrames, Seen, Sheet, Span};

/// The most bytes of a bundle, unless a single message has more. Whatever keeps one message keeps the memory of its bundle, so
/// larger bundles would save little and cost much.
const MOST_BYTES: usize = 4 * 1024;

/// Writes messages for the members, once for all of them.
pub(super) struct Packing<'a> {
    suffix: &'a ChannelSuffix,
    packed: Packed<'a>,
    draft: Option<Draft>,
    /// About how many bytes are still to come.
    rest: usize,
}

/// Messages that are written, in their order.
#[derive(Default)]
pub(super) struct Packed<'a> {
    parcels: Vec<(Parcel<'a>, Span)>,
    /// Each with the number of messages up to its end.
    sheets: Vec<(Sheet, usize)>,
}

/// Messages that are written into the same memory.
pub(super) struct Bundle<'a> {
    parcels: &'a [(Parcel<'a>, Span)],
    sheet: &'a Sheet,
}

impl<'a> Packing<'a> {
    /// For so many messages, of about so many bytes together.
    pub(super) fn new(suffix: &'a ChannelSuffix, messages: usize, bytes: usize) -> Self {
        Self {
            suffix,
            packed: Packed {
                parcels: Vec::with_capacity(messages),
                sheets: Vec::new(),
            },
            draft: None,
            rest: bytes,
        }
    }

    /// Adds a message. `seen` is its position for most members.
    pub(super) fn add(&mut self, parcel: Parcel<'a>, seen: Option<Seen>) {
        let bytes = self.suffix.most_bytes(parcel.event);
        let when_slow = parcel.event.when_slow();
        // A message that may wait longer than its neighbours does not share memory with them.
        let alone = parcel.is_direct() || when_slow == WhenSlow::DropOldest;
        let is_full = |draft: &Draft| draft.len() + bytes > MOST_BYTES;
        if alone || self.draft.as_ref().is_some_and(is_full) {
            self.close();
        }
        let expected = if alone { 0 } else { self.rest.min(MOST_BYTES) };
        let draft = self
            .draft
            .get_or_insert_with(|| Draft::new(expected.max(bytes), when_slow));
        let span = self.suffix.write_behind(draft, parcel.event, seen);
        self.packed.parcels.push((parcel, span));
        self.rest = self.rest.saturating_sub(bytes);
        if alone {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(draft) = self.draft.take() {
            let end = self.packed.parcels.len();
            self.packed.sheets.push((draft.finish(), end));
        }
    }

    pub(super) fn finish(mut self) -> Packed<'a> {
        self.close();
        self.packed
    }
}

impl Packed<'_> {
    pub(super) fn bundles(&self) -> Vec<Bundle<'_>> {
        let mut start = 0;
        let bundles = self.sheets.iter().filter_map(|(sheet, end)| {
            let parcels = self.parcels.get(start..*end)?;
            start = *end;
            Some(Bundle { parcels, sheet })
        });
        bundles.collect()
    }
}

impl Bundle<'_> {
    /// The user, where it is for one user alone.
    pub(super) fn direct(&self) -> Option<&str> {
        match self.parcels.first()? {
            (
                Parcel {
                    receiver: Receiver::User(user),
                    ..
                },
                _,
            ) => Some(user),
            _ => None,
        }
    }

    pub(super) fn parcels(&self) -> impl DoubleEndedIterator<Item = &Parcel<'_>> {
        self.parcels.iter().map(|(parcel, _)| parcel)
    }

    /// The messages that are asked for: as one piece where these are all, and a queue can hold that.
    pub(super) fn frames(
        &self,
        is_asked: impl Fn(&Parcel<'_>) -> bool + Clone,
        holds: impl Fn(&EncodedFrames) -> bool,
    ) -> impl Iterator<Item = EncodedFrames> {
        let is_whole = self.parcels().all(&is_asked);
        let whole = is_whole.then(|| self.sheet.whole()).filter(holds);
        let some = whole.is_none().then(|| self.messages(is_asked));
        let some = some.into_iter().flatten();
        whole
            .into_iter()
            .chain(some.map(|(_, message)| message.into()))
    }

    /// The messages that are asked for, one by one. Where they are few, they are copied, and do not keep the memory of the others.
    pub(super) fn messages(
        &self,
        is_asked: impl Fn(&Parcel<'_>) -> bool + Clone,
    ) -> impl Iterator<Item = (&Parcel<'_>, Encoded)> {
        let asked = self
            .parcels
            .iter()
            .filter(move |(parcel, _)| is_asked(parcel));
        let bytes: usize = asked.clone().map(|(_, span)| span.len()).sum();
        let are_few = bytes < self.sheet.len() / 2;
        asked.map(move |(parcel, span)| {
            let message = self.sheet.message(*span);
            let message = if are_few { message.apart() } else { message };
            (parcel, message)
        })
    }
}
