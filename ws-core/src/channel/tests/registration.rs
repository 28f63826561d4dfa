//! Who may come into a channel, and what is left of those who do not.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::scripted::Scripted;
use super::{abandon, bare, core, say, send, send_local, sent, session, settle};
use crate::channel::core::Core;
use crate::cluster::{Cluster, Retention, Target};
use crate::error::{ClusterError, RegisterError};
use crate::metrics::SentMetrics;

fn named(cluster: &Cluster, name: &str) -> Arc<Core> {
    let (backend, tasks) = (Arc::clone(cluster.backend()), Arc::clone(cluster.tasks()));
    Core::new(
        format!("test/{name}"),
        name.to_owned(),
        Retention::default(),
        backend,
        tasks,
        SentMetrics::new("test", &[]),
    )
}

#[tokio::test]
async fn a_registration_that_is_abandoned_leaves_nothing_behind() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    assert!(
        abandon(core.register("ana", &ana)),
        "it waits for the cluster"
    );
    settle(&core).await;
    assert!(core.participants().await.unwrap().iter().next().is_none());
    say(&core, "hello");
    settle(&core).await;
    assert_eq!(sent(&ana), [""; 0]);
    core.register("ana", &ana).await.unwrap();
}

#[tokio::test]
async fn who_was_given_something_by_a_registration_that_failed_is_told_what_it_missed_until_the_next()
 {
    let core = core(&Cluster::in_memory());
    let ana = session(None);
    assert!(abandon(core.register("ana", &ana)));
    settle(&core).await;
    assert_eq!(sent(&ana), ["joined"]);
    say(&core, "missed");
    settle(&core).await;
    core.register("ana", &ana).await.unwrap();
    assert_eq!(sent(&ana), ["joined", "gap"]);
}

#[tokio::test]
async fn registrations_that_are_abandoned_do_not_add_up_and_each_is_told_as_a_gap_by_the_next() {
    let cluster = Cluster::in_memory();
    let ana = session(None);
    let rooms: Vec<_> = (0..5_000)
        .map(|number| named(&cluster, &format!("room-{number}")))
        .collect();
    for room in &rooms {
        assert!(abandon(room.register("ana", &ana)));
        settle(room).await;
        ana.outbox.take();
    }
    let kept = ana.kept_positions();
    assert!(kept <= 8, "{kept} names are kept");
    for room in [&rooms[0], &rooms[4_999]] {
        room.register("ana", &ana).await.unwrap();
        assert_eq!(sent(&ana), ["joined", "gap"]);
    }
}

#[tokio::test]
async fn a_second_registration_does_not_return_before_the_first_one_has_come_to_its_end() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    let mut context = Context::from_waker(Waker::noop());
    let mut first = Box::pin(core.register("ana", &ana));
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = pin!(core.register("ana", &ana));
    let mut third = Box::pin(core.register("ana", &ana));
    let mut other = pin!(core.register("bea", &ana));
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(third.as_mut().poll(&mut context).is_pending());
    assert!(other.as_mut().poll(&mut context).is_pending());
    drop((first, third));
    assert_eq!(
        second.await,
        Ok(()),
        "it does what the first one has not done"
    );
    assert_eq!(core.members().user_of(ana.id), Some("ana"));
    let participants = core.participants().await.unwrap();
    assert_eq!(participants.get("ana").unwrap().connections, 1);
    assert_eq!(other.await, Err(RegisterError::OtherUser));
}

#[tokio::test]
async fn a_client_is_registered_from_the_end_of_its_registration_until_it_leaves() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    let mut context = Context::from_waker(Waker::noop());
    let is_registered = || (core.is_registered(&ana), ana.channels());
    let not = (false, vec![]);
    let is = (true, vec!["room".to_owned()]);
    {
        let mut registering = pin!(core.register("ana", &ana));
        assert!(registering.as_mut().poll(&mut context).is_pending());
        assert_eq!(is_registered(), not, "it has not come to its end");
        registering.await.unwrap();
    }
    assert_eq!(is_registered(), is);
    core.register("ana", &ana).await.unwrap();
    assert_eq!(is_registered(), is);
    // From the call on, whoever waits for it.
    drop(core.unregister_connection(ana.id).now_or_never());
    assert_eq!(is_registered(), not);
    core.register("ana", &ana).await.unwrap();
    assert_eq!(is_registered(), is);
    core.unregister("ana").await.unwrap();
    assert_eq!(is_registered(), not);
    assert!(abandon(core.register("ana", &ana)));
    assert_eq!(is_registered(), not, "it was undone");
    core.register("ana", &ana).await.unwrap();
    assert_eq!(is_registered(), is);
    ana.leave_all().await;
    assert_eq!(is_registered(), not);
}

#[tokio::test]
async fn a_client_is_registered_where_it_is_and_nowhere_else() {
    let cluster = Cluster::in_memory();
    let [first, second] = ["first", "second"].map(|name| named(&cluster, name));
    let [ana, other_window] = [bare(), bare()];
    second.register("ana", &ana).await.unwrap();
    assert!(second.is_registered(&ana) && !first.is_registered(&ana));
    assert!(!second.is_registered(&other_window));
    first.register("ana", &ana).await.unwrap();
    assert_eq!(ana.channels(), ["second", "first"]);
    assert_eq!(other_window.channels(), [""; 0]);
}

#[tokio::test]
async fn a_connection_that_ends_during_its_registration_is_not_left_in_the_channel() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    let mut registering = pin!(core.register("ana", &ana));
    let mut context = Context::from_waker(Waker::noop());
    assert!(registering.as_mut().poll(&mut context).is_pending());
    ana.leave_all().await;
    assert_eq!(registering.await, Err(RegisterError::Closed));
    settle(&core).await;
    assert!(core.participants().await.unwrap().iter().next().is_none());
    assert_eq!(core.members().user_of(ana.id), None);
}

#[tokio::test]
async fn registrations_that_come_together_while_the_cluster_is_away_fail_together() {
    let (cluster, mut openings) = Scripted::opened_by_hand();
    let core = core(&cluster);
    let members = [bare(), bare(), bare()];
    let registering = || join_all(members.iter().map(|member| core.register("ana", member)));
    let away = ClusterError::Unavailable("away".to_owned());
    let failing = async {
        let opening = openings.recv().await.unwrap();
        opening.send(Err(away.clone())).unwrap();
    };
    let both = async { tokio::join!(registering(), failing).0 };
    let registered = timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(registered, vec![Err(away.into()); 3]);
    // Who comes later does not suffer from that.
    let opening = async {
        let opening = openings.recv().await.unwrap();
        opening.send(Ok(None)).unwrap();
    };
    let both = async { tokio::join!(registering(), opening).0 };
    let registered = timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(registered, [Ok(()), Ok(()), Ok(())]);
    assert!(openings.is_empty(), "it is opened once for all of them");
}

#[tokio::test]
async fn who_waits_for_a_registration_that_is_abandoned_goes_on_without_it() {
    let (cluster, mut openings) = Scripted::opened_by_hand();
    let core = core(&cluster);
    let (ana, bea) = (bare(), bare());
    let mut abandoned = Box::pin(core.register("ana", &ana));
    let mut registering = pin!(core.register("bea", &bea));
    let mut context = Context::from_waker(Waker::noop());
    assert!(abandoned.as_mut().poll(&mut context).is_pending());
    assert!(registering.as_mut().poll(&mut context).is_pending());
    drop(abandoned);
    let opening = async {
        let given_up = openings.recv().await.unwrap();
        assert!(given_up.is_closed());
        let opening = openings.recv().await.unwrap();
        opening.send(Ok(None)).unwrap();
    };
    let both = async { tokio::join!(registering, opening).0 };
    let registered = timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(registered, Ok(()));
}

#[tokio::test]
async fn registering_is_refused_with_the_reason() {
    let cluster = Cluster::in_memory();
    let first = core(&cluster);
    let ana = bare();
    assert_eq!(
        first.register("", &ana).await,
        Err(RegisterError::UserId {
            length: 0,
            limit: 256
        })
    );
    assert_eq!(
        first.register(&"x".repeat(257), &ana).await,
        Err(RegisterError::UserId {
            length: 257,
            limit: 256
        })
    );
    first.register("ana", &ana).await.unwrap();
    assert_eq!(first.register("ana", &ana).await, Ok(()));
    assert_eq!(
        first.register("bea", &ana).await,
        Err(RegisterError::OtherUser)
    );
    let named = |name: &str| named(&cluster, name);
    named("second").register("ana", &ana).await.unwrap();
    assert_eq!(
        named("third").register("ana", &ana).await,
        Err(RegisterError::TooManyChannels)
    );
    assert_eq!(
        named(&"x".repeat(257)).register("ana", &ana).await,
        Err(RegisterError::ChannelName {
            length: 257,
            limit: 256
        })
    );
    ana.leave_all().await;
    assert_eq!(
        first.register("ana", &ana).await,
        Err(RegisterError::Closed)
    );
}

#[tokio::test]
async fn what_is_sent_to_an_id_that_nobody_can_have_takes_no_room() {
    let core = core(&Cluster::in_memory());
    let ana = bare();
    core.register("ana", &ana).await.unwrap();
    settle(&core).await;
    // An id as long as that has no place in what nodes tell each other.
    let nobody: Arc<str> = "x".repeat(100_000).into();
    for _ in 0..1_000 {
        let target = Target::User(Arc::clone(&nobody));
        send(&core, target, "lost").unwrap();
    }
    assert!(core.is_quiet());
    say(&core, "hello");
    settle(&core).await;
    assert_eq!(sent(&ana), ["hello"]);
}

#[tokio::test]
async fn the_ids_of_receivers_count_among_what_waits() {
    let core = core(&Cluster::in_memory());
    let user: Arc<str> = "x".repeat(60_000).into();
    let sent = (0..1_000)
        .map(|_| send(&core, Target::User(Arc::clone(&user)), ""))
        .filter(Result::is_ok)
        .count();
    assert!((100..200).contains(&sent), "{sent}");
    let user = "x".repeat(60_000);
    let sent = (0..1_000)
        .map(|_| send_local(&core, Some(&user), "{}"))
        .filter(Result::is_ok)
        .count();
    assert!((100..200).contains(&sent), "{sent}");
}

#[test]
fn a_channel_outlives_the_runtime_in_which_somebody_sent_to_it() {
    let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
    let core = core(&Cluster::in_memory());
    // It ends before the message is taken up, which waits for the next one.
    runtime().block_on(async { say(&core, "first") });
    runtime().block_on(async {
        let ana = bare();
        let registered = timeout(Duration::from_secs(5), core.register("ana", &ana));
        registered.await.unwrap().unwrap();
        say(&core, "second");
        settle(&core).await;
        assert_eq!(sent(&ana), ["first", "second"]);
    });
}

#[tokio::test]
async fn who_leaves_a_room_in_one_of_two_windows_stays_in_the_other() {
    let core = core(&Cluster::in_memory());
    let [goes, stays, never] = [bare(), bare(), bare()];
    for window in [&goes, &stays] {
        core.register("ana", window).await.unwrap();
    }
    core.unregister_connection(goes.id).await.unwrap();
    core.unregister_connection(never.id).await.unwrap();
    say(&core, "hello");
    settle(&core).await;
    assert_eq!(sent(&goes), [""; 0]);
    assert_eq!(sent(&stays), ["hello"]);
    assert!(goes.outbox.is_open() && !goes.is_in(&core.key));
    let participants = core.participants().await.unwrap();
    assert_eq!(participants.get("ana").unwrap().connections, 1);
    // And back again.
    core.register("ana", &goes).await.unwrap();
    core.unregister_connection(stays.id).await.unwrap();
    core.unregister_connection(goes.id).await.unwrap();
    assert_eq!(core.participants().await.unwrap().iter().count(), 0);
}
