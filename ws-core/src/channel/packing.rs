//! Messages on their way to this node's members, in bundles: who receives every message of a bundle is given them as one.

use super::parcel::{Parcel, Receiver};
use crate::event::WhenSlow;
use crate::protocol::{Draft, Encoded, Frames, Place, Seen, Sheet, Span};

/// The most bytes of a bundle, unless a single message has more. Who keeps one message keeps all of its bundle, so that more
/// would save little and cost much.
const MOST_BYTES: usize = 4 * 1024;

/// Writes messages for the members, once for all of them.
pub(super) struct Packing<'a> {
    place: &'a Place,
    packed: Packed<'a>,
    draft: Option<Draft>,
    /// About as many bytes are still to come.
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
    pub(super) fn new(place: &'a Place, messages: usize, bytes: usize) -> Self {
        Self {
            place,
            packed: Packed {
                parcels: Vec::with_capacity(messages),
                sheets: Vec::new(),
            },
            draft: None,
            rest: bytes,
        }
    }

    /// Adds a message, which stands there in its channel.
    pub(super) fn add(&mut self, parcel: Parcel<'a>, seen: Option<Seen>) {
        let bytes = self.place.most_bytes(parcel.event);
        let when_slow = parcel.event.when_slow();
        // Who may keep it longer than its neighbours, in a queue that moves slowly, does not keep their memory.
        let alone = parcel.is_direct() || when_slow == WhenSlow::DropOldest;
        let is_full = |draft: &Draft| draft.len() + bytes > MOST_BYTES;
        if alone || self.draft.as_ref().is_some_and(is_full) {
            self.close();
        }
        let expected = if alone { 0 } else { self.rest.min(MOST_BYTES) };
        let draft = self
            .draft
            .get_or_insert_with(|| Draft::new(expected.max(bytes), when_slow));
        let span = self.place.write_behind(draft, parcel.event, seen);
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
    /// The user for whom alone it is.
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

    /// Those of the messages that are asked for, as one where these are all.
    pub(super) fn frames(
        &self,
        is_asked: impl Fn(&Parcel<'_>) -> bool,
    ) -> impl Iterator<Item = Frames> {
        let is_whole = self.parcels().all(&is_asked);
        let whole = is_whole.then(|| self.sheet.whole());
        let some = self.messages(move |parcel| !is_whole && is_asked(parcel));
        whole
            .into_iter()
            .chain(some.map(|(_, message)| message.into()))
    }

    /// Those of the messages that are asked for, one by one.
    pub(super) fn messages(
        &self,
        is_asked: impl Fn(&Parcel<'_>) -> bool,
    ) -> impl Iterator<Item = (&Parcel<'_>, Encoded)> {
        let asked = self
            .parcels
            .iter()
            .filter(move |(parcel, _)| is_asked(parcel));
        asked.map(|(parcel, span)| (parcel, self.sheet.message(*span)))
    }
}
