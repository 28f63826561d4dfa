//! Writes messages for this node's members, in bundles: a member that receives all messages of a bundle is given them as one.

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

#[cfg(test)]
mod tests {
    use super::super::parcel::{Label, Way};
    use super::*;
    use crate::protocol::{ConnectionId, Text};

    fn text(text: &str, when_slow: WhenSlow) -> Text {
        let message = Encoded::from(text.to_owned());
        message.with_when_slow(when_slow).into_text()
    }

    fn parcel(receiver: Receiver, event: &Text) -> Parcel<'_> {
        let label = Label {
            position: None,
            index: 0,
            way: Way::Usual,
        };
        Parcel {
            receiver,
            label,
            event,
        }
    }

    fn pack<'a>(suffix: &'a ChannelSuffix, parcels: Vec<(Receiver, &'a Text)>) -> Packed<'a> {
        let bytes = parcels.iter().map(|(_, event)| event.len()).sum();
        let mut packing = Packing::new(suffix, parcels.len(), bytes);
        for (receiver, event) in parcels {
            packing.add(parcel(receiver, event), None);
        }
        packing.finish()
    }

    /// How many messages each bundle has.
    fn counts(packed: &Packed<'_>) -> Vec<usize> {
        let bundles = packed.bundles();
        let counts = bundles.iter().map(|bundle| bundle.parcels().count());
        counts.collect()
    }

    /// The messages of each piece, which are digits.
    fn pieces(frames: impl Iterator<Item = EncodedFrames>) -> Vec<String> {
        frames
            .map(|frames| {
                let messages = frames.split();
                messages.iter().map(Encoded::as_str).collect()
            })
            .collect()
    }

    #[test]
    fn messages_for_all_are_one_and_what_some_are_not_given_is_left_out() {
        let suffix = ChannelSuffix::of("room");
        let sender = ConnectionId::random();
        let events: Vec<Text> = (0..4)
            .map(|number| text(&number.to_string(), WhenSlow::Disconnect))
            .collect();
        let receivers = [Receiver::All, Receiver::AllBut(sender)];
        let receivers = receivers.into_iter().cycle();
        let packed = pack(&suffix, receivers.zip(&events).collect());
        let bundles = packed.bundles();
        let [bundle] = &*bundles else {
            panic!("they share one bundle");
        };
        assert_eq!(pieces(bundle.frames(|_| true, |_| true)), ["0123"]);
        let is_for_sender = |parcel: &Parcel<'_>| parcel.receiver == Receiver::All;
        assert_eq!(bundle.frames(|_| true, |_| true).size_hint(), (1, Some(1)));
        assert_eq!(
            pieces(bundle.frames(|_| true, |_| false)),
            ["0", "1", "2", "3"]
        );
        assert_eq!(pieces(bundle.frames(is_for_sender, |_| true)), ["0", "2"]);
        assert_eq!(pieces(bundle.frames(|_| false, |_| true)), [""; 0]);
    }

    #[test]
    fn what_is_for_one_user_or_may_wait_for_long_stands_alone_at_its_place() {
        let suffix = ChannelSuffix::of("room");
        let usual = text("usual", WhenSlow::Disconnect);
        let news = text("news", WhenSlow::DropOldest);
        let ana = || Receiver::User("ana".into());
        let packed = pack(
            &suffix,
            vec![
                (Receiver::All, &usual),
                (Receiver::All, &usual),
                (ana(), &usual),
                (ana(), &usual),
                (Receiver::All, &news),
                (Receiver::All, &news),
                (Receiver::All, &usual),
            ],
        );
        assert_eq!(counts(&packed), [2, 1, 1, 1, 1, 1]);
        let bundles = packed.bundles();
        let direct = bundles.iter().map(|bundle| bundle.direct().is_some());
        let is_direct: Vec<bool> = direct.collect();
        assert_eq!(is_direct, [false, true, true, false, false, false]);
        let news = bundles
            .iter()
            .flat_map(|bundle| bundle.frames(|_| true, |_| true));
        let when_slow: Vec<_> = news.map(|frames| frames.when_slow()).collect();
        let (stays, goes) = (WhenSlow::Disconnect, WhenSlow::DropOldest);
        assert_eq!(when_slow, [stays, stays, stays, goes, goes, stays]);
    }

    #[test]
    fn a_bundle_is_bounded_unless_a_single_message_is_longer() {
        let suffix = ChannelSuffix::of("room");
        let events = [1000, 1000, 1000, 1000, 1000, 10_000, 1, 1]
            .map(|length| text(&"x".repeat(length), WhenSlow::Disconnect));
        let packed = pack(
            &suffix,
            events.iter().map(|event| (Receiver::All, event)).collect(),
        );
        assert_eq!(counts(&packed), [4, 1, 1, 2]);
    }

    #[test]
    fn who_is_given_little_of_a_bundle_does_not_keep_all_of_its_memory() {
        let suffix = ChannelSuffix::of("room");
        let event = text("hello", WhenSlow::Disconnect);
        let mut parcels = vec![(Receiver::All, &event)];
        parcels.extend([(); 39].map(|()| (Receiver::AllButUser("ana".into()), &event)));
        let packed = pack(&suffix, parcels);
        let bundles = packed.bundles();
        let whole = bundles[0].sheet.whole();
        let is_for_ana = |parcel: &Parcel<'_>| parcel.receiver == Receiver::All;
        let given: Vec<EncodedFrames> = bundles[0].frames(is_for_ana, |_| true).collect();
        assert_eq!(given.len(), 1);
        let shared = whole.as_bytes().as_ptr_range();
        assert!(!shared.contains(&given[0].as_bytes().as_ptr()));
    }
}
