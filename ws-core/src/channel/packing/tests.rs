//! Bundles: which messages are given as one, and whose memory is kept.

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
