//! Clients that leave while they are given what they missed.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::case::{Case, FURTHER, HEAD, SEEN, away, frame, given_a_page, log, page};
use super::{bare, connection, core, last_position, say, send_local, sent, session, settle};
use crate::channel::presence::Presence;
use crate::cluster::Cluster;
use crate::error::RegisterError;
use crate::protocol::{Hello, Position};

/// Further than the node knows the log.
const AHEAD: Position = Position { seq: 25, mark: 25 };

#[tokio::test]
async fn who_leaves_while_it_is_given_what_it_missed_is_given_none_of_the_rest() {
    let mut case = given_a_page().await;
    assert_eq!(sent(&case.ana), ["first"]);
    case.core.unregister("ana").await.unwrap();
    let rest = [frame(9, 9, "first"), frame(20, 20, "second")];
    case.reads(FURTHER, page(&rest)).await;
    assert_eq!(sent(&case.ana), [""; 0]);
    assert!(case.readings.try_recv().is_err(), "it is not read on");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_while_the_log_is_out_of_reach_is_given_nothing_when_it_can_be_read() {
    let mut case = Case::from(AHEAD);
    case.reads(AHEAD, away()).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    let (_, answer) = case.readings.recv().await.unwrap();
    case.core.unregister("ana").await.unwrap();
    let missed = [frame(25, 25, "seen"), frame(26, 26, "missed")];
    answer.send(log(&missed)).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(sent(&case.ana), [""; 0]);
    assert!(case.readings.try_recv().is_err(), "it is not read again");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_and_comes_again_is_told_that_it_missed_what_its_first_stay_was_to_be_given() {
    let mut case = Case::from(AHEAD);
    case.reads(AHEAD, away()).await;
    assert_eq!(sent(&case.ana), ["joined"]);
    let (_, answer) = case.readings.recv().await.unwrap();
    case.core.unregister("ana").await.unwrap();
    case.core.register("ana", &case.ana).await.unwrap();
    case.brings(frame(26, 26, "new")).await;
    let log = log(&[frame(25, 25, "seen"), frame(26, 26, "new")]);
    answer.send(log).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(sent(&case.ana), ["joined", "gap", "new"]);
    case.brings(frame(27, 27, "newer")).await;
    assert_eq!(sent(&case.ana), ["newer"]);
}

/// Each time, one stay ends and another begins at the same moment, or the other way round.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_registered_while_it_is_unregistered_is_here_or_not() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    for _ in 0..2_000 {
        let (leaving, coming, connection) =
            (Arc::clone(&core), Arc::clone(&core), Arc::clone(&ana));
        let leaves = tokio::spawn(async move { leaving.unregister("ana").await });
        let comes = tokio::spawn(async move { coming.register("ana", &connection).await });
        leaves.await.unwrap().unwrap();
        drop(comes.await.unwrap());
        let is_here = core.members().user_of(ana.id).is_some();
        assert_eq!(is_here, ana.is_in(&core.key));
        let participants = core.participants().await.unwrap();
        assert_eq!(participants.iter().count(), usize::from(is_here));
    }
    core.unregister("ana").await.unwrap();
    say(&core, "hello");
    settle(&core).await;
    assert_eq!(sent(&ana), [""; 0]);
}

#[test]
fn a_hook_may_send_to_who_stays_where_no_runtime_is_known() {
    let (done, is_done) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let core = core(&Cluster::in_memory());
        let (ana, bea) = (bare(), bare());
        for (user, connection) in [("ana", &ana), ("bea", &bea)] {
            let registered = core.register(user, connection).now_or_never();
            assert_eq!(registered, Some(Ok(())));
        }
        let here = Arc::downgrade(&core);
        core.hook.set(Duration::ZERO, move |_| {
            let event = r#"{"event":"said","data":"left"}"#;
            send_local(&here.upgrade().unwrap(), None, event).unwrap();
        });
        assert_eq!(core.unregister("ana").now_or_never(), Some(Ok(())));
        done.send(sent(&bea)).unwrap();
    });
    let given = is_done.recv_timeout(Duration::from_secs(10));
    assert_eq!(given, Ok(vec!["left".to_owned()]));
}

#[tokio::test]
async fn who_leaves_while_a_page_waits_for_room_is_given_no_more_of_it() {
    let hello = Hello {
        resume: [("room", Some(HEAD.into()))].into_iter().collect(),
        ..Hello::default()
    };
    let bea = connection(10_000, Some(hello));
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    drop(case.registers("bea", &bea));
    let text = "x".repeat(6000);
    let missed = [20, 21, 22].map(|seq| frame(seq, seq, &text));
    case.reads(HEAD, log(&missed)).await;
    assert_eq!(sent(&bea), [&*text]);
    // There is room now, which nobody has seen yet.
    case.core.unregister("bea").await.unwrap();
    case.settles().await;
    assert_eq!(sent(&bea), [""; 0]);
}

#[tokio::test]
async fn who_comes_again_stays_where_the_registration_before_is_abandoned() {
    let mut case = Case::from(HEAD);
    case.reads(HEAD, log(&[frame(20, 20, "seen")])).await;
    let bea = session(Some(Some(SEEN)));
    let abandoned = case.registers("bea", &bea);
    let _reading = case.readings.recv().await.unwrap();
    case.core.unregister("bea").await.unwrap();
    case.core.register("bea", &bea).await.unwrap();
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    case.brings(frame(21, 21, "new")).await;
    assert_eq!(sent(&bea), ["joined", "gap", "new"]);
}

#[tokio::test]
async fn who_leaves_while_it_is_given_what_it_missed_does_not_seem_to_have_come() {
    let core = core(&Cluster::in_memory());
    let (telling, mut told) = mpsc::unbounded_channel();
    core.hook
        .set(Duration::ZERO, move |change| telling.send(change).unwrap());
    let before = session(None);
    core.register("bea", &before).await.unwrap();
    let seen = last_position(&before);
    let text = "x".repeat(6000);
    for _ in 0..3 {
        say(&core, &text);
    }
    settle(&core).await;
    let hello = Hello {
        resume: [("room", Some(seen.into()))].into_iter().collect(),
        ..Hello::default()
    };
    let ana = connection(10_000, Some(hello));
    let registering = core.register("ana", &ana);
    let leaving = async {
        while sent(&ana).is_empty() {
            tokio::task::yield_now().await;
        }
        core.unregister("ana").await
    };
    let (registered, left) = tokio::join!(registering, leaving);
    assert_eq!((registered, left), (Err(RegisterError::Closed), Ok(())));
    settle(&core).await;
    assert_eq!(told.try_recv(), Ok(Presence::Joined("bea".into())));
    assert!(told.try_recv().is_err(), "nobody else has come");
}
