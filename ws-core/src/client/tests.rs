//! Outboxes without a server: what is queued, dropped, written and counted.

use std::io::{self, ErrorKind, IoSlice};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use futures_util::FutureExt;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::yield_now;

use super::common::Common;
use super::outbox::{Outbox, Written};
use super::queue::EACH;
use crate::error::SendError;
use crate::event::WhenSlow;
use crate::limits::Limits;
use crate::protocol::{ChannelSuffix, Close, CloseCode, Draft, Encoded, EncodedFrames, Text};
use crate::websocket::Output;

fn outbox(limits: Limits) -> Outbox {
    Outbox::new(Common::for_tests(limits), None)
}

fn message(length: usize) -> Encoded {
    Encoded::from("x".repeat(length))
}

fn droppable(text: &str) -> Encoded {
    Encoded::from(text.to_owned()).with_when_slow(WhenSlow::DropOldest)
}

/// Messages that are given as one.
fn together(texts: &[&str]) -> EncodedFrames {
    let suffix = ChannelSuffix::of("room");
    let mut draft = Draft::new(0, WhenSlow::Disconnect);
    for text in texts {
        suffix.write_behind(&mut draft, &Text::from((*text).to_owned()), None);
    }
    draft.finish().whole()
}

/// What so many messages count that have so many bytes together.
fn room_for(messages: usize, bytes: usize) -> usize {
    messages * EACH + bytes
}

/// Takes so many bytes, and then nothing more.
fn reader(most: usize) -> impl FnMut(&[IoSlice<'_>]) -> io::Result<usize> {
    let mut left = most;
    move |slices| {
        let offered: usize = slices.iter().map(|slice| slice.len()).sum();
        let taken = offered.min(left);
        left -= taken;
        match taken {
            0 => Err(ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }
}

/// Counts how often a task was woken.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Calls {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn texts(messages: &[Encoded]) -> Vec<&str> {
    let payloads = messages.iter().map(Encoded::payload);
    payloads
        .map(|payload| str::from_utf8(payload).unwrap())
        .collect()
}

#[test]
fn a_client_that_does_not_keep_up_is_closed_with_4008() {
    let outbox = outbox(Limits::default().with_outbox_bytes(room_for(1, 10)));
    assert_eq!(outbox.push(message(10)), Ok(()));
    assert_eq!(outbox.push(message(1)), Err(SendError::Full));
    assert_eq!(outbox.push(message(1)), Err(SendError::Closed));
    let written = outbox.release_to(&mut reader(0));
    assert!(matches!(written, Written::Close(close) if close.code() == CloseCode::SLOW_CONSUMER));
}

#[test]
fn a_message_that_never_fits_is_told_from_one_that_does_not_fit_now() {
    let outbox = outbox(Limits::default().with_outbox_bytes(room_for(1, 10)));
    assert_eq!(outbox.check_length(&message(10)), Ok(()));
    let too_large = SendError::TooLarge {
        length: 11,
        limit: 10,
    };
    assert_eq!(outbox.check_length(&message(11)), Err(too_large));
    assert!(outbox.is_open());
}

#[test]
fn what_was_sent_before_a_close_is_written_before_it() {
    let outbox = outbox(Limits::default());
    outbox.push(message(8)).unwrap();
    outbox.close(None, Close::normal());
    outbox.close(None, Close::new(CloseCode::DRAIN, "too late"));
    assert_eq!(outbox.push(message(1)), Err(SendError::Closed));
    let closed = Written::Close(Close::normal());
    // The header has two bytes.
    assert_eq!(outbox.release_to(&mut reader(9)), closed);
    assert_eq!(outbox.end().bytes(), b"x");
}

#[test]
fn the_bound_counts_what_waits_and_not_what_was_written() {
    let outbox = outbox(Limits::default().with_outbox_bytes(room_for(1, 10)));
    for _ in 0..3 {
        outbox.push(message(9)).unwrap();
        assert_eq!(outbox.release_to(&mut reader(100)), Written::Everything);
    }
}

#[test]
fn short_messages_are_bounded_in_their_number() {
    let outbox = outbox(Limits::default().with_outbox_bytes(10_000));
    let taken = (0..10_000).take_while(|_| outbox.push(message(0)).is_ok());
    assert_eq!(taken.count(), 10_000 / EACH);
}

#[test]
fn old_news_makes_room_for_new_and_nothing_else_is_dropped() {
    let outbox = outbox(Limits::default().with_outbox_bytes(room_for(4, 8)));
    for text in ["a1", "a2"] {
        outbox.push(droppable(text)).unwrap();
    }
    outbox.push(Encoded::from("bb".to_owned())).unwrap();
    for text in ["a3", "a4", "a5"] {
        outbox.push(droppable(text)).unwrap();
    }
    assert_eq!(texts(&outbox.take()), ["bb", "a3", "a4", "a5"]);
    for text in ["b1", "b2", "b3", "b4"] {
        outbox.push(Encoded::from(text.to_owned())).unwrap();
    }
    // There is nothing that may go but itself.
    assert_eq!(outbox.push(droppable("a6")), Ok(()));
    assert_eq!(texts(&outbox.take()), ["b1", "b2", "b3", "b4"]);
}

#[test]
fn a_frame_of_which_the_beginning_was_written_is_neither_dropped_nor_torn() {
    let outbox = outbox(Limits::default().with_outbox_bytes(room_for(4, 8)));
    for text in ["a1", "a2", "a3", "a4"] {
        outbox.push(droppable(text)).unwrap();
    }
    // The header has two bytes: one byte of the payload of `a1` is written.
    outbox.release_to(&mut reader(3));
    outbox.push(droppable("a5")).unwrap();
    assert_eq!(outbox.end().bytes(), b"1");
}

#[test]
fn what_a_slow_client_is_sent_before_its_close_counts_until_it_is_written() {
    let common = Common::for_tests(Limits::default());
    let outbox = Outbox::new(Arc::clone(&common), None);
    outbox.push(message(10)).unwrap();
    outbox.close(None, Close::normal());
    outbox.release_to(&mut reader(0));
    let mut remains = outbox.end();
    assert_eq!(common.waiting.all(), room_for(1, 10));
    remains.bytes();
    assert_eq!(common.waiting.all(), 0);
}

#[tokio::test]
async fn what_a_delivery_wrote_is_progress_of_a_client_that_was_blocked() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (mut client, (_, half)) = (client.unwrap(), accepted.unwrap().0.into_split());
    let common = Common::for_tests(Limits::default().with_outbox_bytes(1 << 30));
    let outbox = Outbox::new(common, Some(Output::Socket(half)));
    outbox.push(message(64 << 20)).unwrap();
    let progress = |progress| Written::Blocked { progress };
    assert_eq!(outbox.release(), progress(true));
    assert_eq!(outbox.release_to(&mut reader(0)), progress(false));
    let mut read = vec![0; 1 << 20];
    while outbox.flush().writes == 0 {
        // Nobody waits for the socket to take more, so that nobody but the runtime sees it.
        let _: Option<io::Result<usize>> = client.read(&mut read).now_or_never();
        yield_now().await;
    }
    assert_eq!(outbox.release_to(&mut reader(0)), progress(true));
}

#[test]
fn what_slow_clients_wait_for_is_bounded_together() {
    let common = Common::for_tests(Limits::default().with_total_outbox_bytes(room_for(2, 10)));
    let [first, second] = [(); 2].map(|()| Outbox::new(Arc::clone(&common), None));
    for outbox in [&first, &second] {
        outbox.push(message(4)).unwrap();
        outbox.release_to(&mut reader(0));
    }
    assert_eq!(first.push(message(3)), Err(SendError::Full));
    assert_eq!(first.closing().unwrap().code(), CloseCode::SLOW_CONSUMER);
    // What the first has given up may wait for the second.
    assert_eq!(second.push(message(6)), Ok(()));
    drop(second.end());
    assert_eq!(common.waiting.all(), 0);
}

#[test]
fn who_has_more_than_its_share_of_what_all_wait_for_makes_room_and_not_who_waits_next() {
    let common = Common::for_tests(Limits::default().with_total_outbox_bytes(room_for(4, 31)));
    let [much, little] = [(); 2].map(|()| Outbox::new(Arc::clone(&common), None));
    for length in [10, 10, 10] {
        much.push(message(length)).unwrap();
    }
    little.push(message(1)).unwrap();
    for outbox in [&much, &little] {
        outbox.release_to(&mut reader(0));
    }
    assert_eq!(common.waiting.excess().now_or_never(), None);
    assert_eq!(little.push(message(1)), Ok(()));
    assert_eq!(common.waiting.excess().now_or_never(), Some(()));
    for outbox in [&little, &much] {
        outbox.close_if_over_share();
    }
    assert_eq!(much.closing().unwrap().code(), CloseCode::SLOW_CONSUMER);
    assert_eq!(little.closing(), None);
    assert_eq!(common.waiting.all(), room_for(2, 2));
}

#[test]
fn messages_that_came_as_one_are_bounded_as_if_they_had_come_one_by_one() {
    let outbox = outbox(Limits::default().with_outbox_bytes(room_for(4, 8)));
    outbox.enlist([together(&["a1", "a2", "a3"])]);
    assert_eq!(outbox.push(message(2)), Ok(()));
    assert_eq!(outbox.push(message(0)), Err(SendError::Full));
    assert_eq!(outbox.closing().unwrap().code(), CloseCode::SLOW_CONSUMER);
}

#[test]
fn old_news_makes_room_for_messages_that_come_as_one() {
    let outbox = outbox(Limits::default().with_outbox_bytes(room_for(4, 8)));
    for text in ["a1", "a2", "a3"] {
        outbox.push(droppable(text)).unwrap();
    }
    outbox.enlist([together(&["b1", "b2", "b3"])]);
    assert_eq!(texts(&outbox.take()), ["a3", "b1", "b2", "b3"]);
}

#[test]
fn messages_that_came_as_one_are_written_to_their_end_where_they_are_torn() {
    let common = Common::for_tests(Limits::default().with_outbox_bytes(room_for(4, 8)));
    let outbox = Outbox::new(Arc::clone(&common), None);
    outbox.enlist([together(&["a1", "a2"])]);
    outbox.enlist([together(&["b1"])]);
    // Each has a header of two bytes: the second one is torn in its payload.
    outbox.release_to(&mut reader(7));
    assert_eq!(common.waiting.all(), room_for(3, 6));
    // There is no room for these, and what is torn stays.
    outbox.enlist([together(&["c1", "c2"])]);
    outbox.release_to(&mut reader(0));
    assert_eq!(common.waiting.all(), room_for(2, 4));
    assert_eq!(outbox.end().bytes(), b"2");
    assert_eq!(common.waiting.all(), 0);
}

#[tokio::test]
async fn a_client_that_stalls_in_the_middle_of_a_delivery_is_written_to_when_it_reads_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (_client, (_, half)) = (client.unwrap(), accepted.unwrap().0.into_split());
    half.writable().await.unwrap();
    let long = 64 << 20;
    let common = Common::for_tests(Limits::default().with_outbox_bytes(room_for(4, long + 1_500)));
    let outbox = Outbox::new(common, Some(Output::Socket(half)));
    let calls = Arc::new(Calls::default());
    let waker = Waker::from(Arc::clone(&calls));
    // The connection's task has looked once, and rests.
    outbox.hold(&Context::from_waker(&waker));
    assert_eq!(outbox.release(), Written::Everything);
    let before = calls.count();
    // The last one finds no room, so that the long one is written, as far as the socket takes it.
    let is_to_be_flushed = outbox.enlist([1_000, long, 1_000].map(|length| message(length).into()));
    assert!(outbox.is_open());
    assert!(
        is_to_be_flushed || calls.count() > before,
        "nobody writes the rest"
    );
}
