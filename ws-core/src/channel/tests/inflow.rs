//! A channel to which the cluster never stops bringing something.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::scripted::Scripted;
use super::{bare, core, last_position, message, say, sent, session, settle};
use crate::channel::core::Core;
use crate::client::{Common, Connection};
use crate::cluster::{Arrival, Change, Cluster, Frame, GapReason, Recovery, Sink, Target};
use crate::limits::Limits;
use crate::protocol::Position;
use crate::websocket::Output;

/// More than this is not brought, so that a test comes to its end that waits for the last one.
const MOST: usize = 100_000;

/// Brings something new whenever the last one was given, until `is_enough` or there was too much. Counts them.
fn flows(
    core: &Arc<Core>,
    is_enough: impl Fn() -> bool + Send + Sync + 'static,
) -> Arc<AtomicUsize> {
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    let next = || Arrival::Change(Change::Joined("ana".into()));
    let hooked = Arc::downgrade(core);
    core.hook.set(Duration::ZERO, move |_| {
        let core = hooked.upgrade().unwrap();
        if count.fetch_add(1, Ordering::Relaxed) < MOST && !is_enough() {
            core.take(next());
        }
    });
    core.take(next());
    given
}

#[tokio::test]
async fn a_channel_to_which_something_always_comes_still_sends() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    core.register("ana", &ana).await.unwrap();
    let listener = Arc::clone(&ana);
    let given = flows(&core, move || !sent(&listener).is_empty());
    say(&core, "hello");
    settle(&core).await;
    assert!(
        given.load(Ordering::Relaxed) < MOST,
        "it was sent at the end"
    );
}

#[tokio::test]
async fn a_channel_to_which_something_always_comes_still_takes_members() {
    let core = core(&Cluster::in_memory());
    let is_registered = Arc::new(AtomicBool::new(false));
    let is_enough = Arc::clone(&is_registered);
    let given = flows(&core, move || is_enough.load(Ordering::Relaxed));
    core.register("ana", &bare()).await.unwrap();
    is_registered.store(true, Ordering::Relaxed);
    settle(&core).await;
    assert!(
        given.load(Ordering::Relaxed) < MOST,
        "it was registered at the end"
    );
}

#[tokio::test]
async fn what_came_before_a_registration_is_given_before_it_is_answered() {
    let core = core(&Cluster::in_memory());
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    core.hook.set(Duration::ZERO, move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    for _ in 0..50 {
        core.take(Arrival::Change(Change::Joined("ana".into())));
    }
    core.register("bea", &bare()).await.unwrap();
    assert!(given.load(Ordering::Relaxed) >= 50);
}

#[tokio::test]
async fn who_comes_after_a_message_past_the_log_stands_where_the_log_does() {
    let at = |seq| Position { seq, mark: 7 };
    let (cluster, _readings) = Scripted::at(at(0));
    let core = core(&cluster);
    core.register("ana", &bare()).await.unwrap();
    let text = |text| [message(Target::All, text)];
    let kept = Frame::logged(at(1), text("kept"));
    let past_the_log = Frame::past_the_log(None, text("past the log"));
    for frame in [kept, past_the_log] {
        core.take(Arrival::Frame(frame));
    }
    settle(&core).await;
    let bea = session(None);
    core.register("bea", &bea).await.unwrap();
    assert_eq!(last_position(&bea), at(1));
}

#[tokio::test]
async fn a_burst_does_not_close_a_client_that_reads_and_whose_outbox_is_small() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (_client, (_, half)) = (client.unwrap(), accepted.unwrap().0.into_split());
    let common = Common::for_tests(Limits::default().with_outbox_bytes(1000));
    let ana = Arc::new(Connection::new(common, Some(Output::Socket(half)), None));
    let core = core(&Cluster::in_memory());
    core.register("ana", &ana).await.unwrap();
    for number in 0..100 {
        say(&core, &format!("message {number}"));
    }
    settle(&core).await;
    assert_eq!(sent(&ana), [""; 0]);
}

#[tokio::test]
async fn what_was_read_from_the_log_beyond_a_gap_that_waits_is_given_once_and_without_the_gap() {
    let before = Position { seq: 10, mark: 7 };
    let (cluster, mut readings) = Scripted::at(before);
    let core = core(&cluster);
    let (ana, bea) = (session(None), bare());
    core.register("ana", &ana).await.unwrap();
    core.register("bea", &bea).await.unwrap();
    sent(&ana);
    let frame = |seq, text: &str| {
        let last = Position { seq, mark: 8 };
        Frame::logged(last, [message(Target::All, text)])
    };
    // More than may wait, of a log that then goes back behind all of it, and on.
    let long = "x".repeat(1_000_000);
    for seq in 11..20 {
        core.take(Arrival::Frame(frame(seq, &long)));
    }
    let head = Position { seq: 12, mark: 8 };
    let why = GapReason::Forked;
    core.take(Arrival::Gap { why, head });
    core.take(Arrival::Frame(frame(13, "third")));
    let (from, answer) = readings.recv().await.unwrap();
    assert_eq!(from, before);
    let log = [(11, "first"), (12, "second"), (13, "third")];
    let log = log.map(|(seq, text)| frame(seq, text));
    assert!(answer.send(Ok(Recovery::all(log.into()))).is_ok());
    settle(&core).await;
    core.take(Arrival::Frame(frame(14, "fourth")));
    settle(&core).await;
    for member in [&ana, &bea] {
        assert_eq!(sent(member), ["first", "second", "third", "fourth"]);
    }
    // Another one is told as ever.
    let head = Position { seq: 13, mark: 8 };
    core.take(Arrival::Gap { why, head });
    settle(&core).await;
    assert_eq!(sent(&ana), ["gap"]);
}
