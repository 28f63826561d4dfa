//! Users who come and leave while somebody is told of it, or asks.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime};

use super::scripted::Scripted;
use super::{bare, core, say, send_local, sent, settle};
use crate::cluster::{Arrival, Change, Cluster, Member, Roll, Sink};
use crate::protocol::ConnectionId;
use crate::{MemoryHub, Presence};

fn joined(user: &str) -> Arrival {
    Arrival::Change(Change::Joined(user.into()))
}

fn left(user: &str) -> Arrival {
    Arrival::Change(Change::Left(Member {
        user: user.into(),
        connection: ConnectionId::random(),
        since: SystemTime::now(),
    }))
}

#[tokio::test]
async fn who_is_back_within_the_grace_while_somebody_asks_who_is_there_is_listed() {
    let (cluster, mut asked) = Scripted::listed_by_hand();
    let core = core(&cluster);
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    core.hook.set(Duration::from_secs(600), move |change| {
        telling.lock().unwrap().push(change);
    });
    core.take(left("ana"));
    settle(&core).await;
    let (asking, answering) = tokio::join!(core.participants(), async {
        let answer = asked.recv().await.unwrap();
        // Who is there was looked up, and then she is back, of which nobody is told: she has not been away.
        core.take(joined("ana"));
        settle(&core).await;
        answer.send(Roll::default())
    });
    answering.unwrap();
    assert!(told.lock().unwrap().is_empty());
    assert!(asking.unwrap().get("ana").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_end_of_a_grace_and_a_return_are_told_one_after_the_other() {
    let core = core(&Cluster::in_memory());
    let told = Arc::new(Mutex::new(Vec::new()));
    let (enter, entered) = mpsc::channel();
    let (join, is_joined) = mpsc::channel();
    let (telling, is_joined) = (Arc::clone(&told), Mutex::new(is_joined));
    core.hook.set(Duration::from_millis(1), move |change| {
        match &change {
            Presence::Left(_) => {
                enter.send(()).unwrap();
                // As long as this takes, nobody else may be told anything.
                let waited = is_joined
                    .lock()
                    .unwrap()
                    .recv_timeout(Duration::from_secs(1));
                waited.unwrap_or_default();
                telling.lock().unwrap().push(change);
            }
            Presence::Joined(_) => {
                telling.lock().unwrap().push(change);
                join.send(()).unwrap_or_default();
            }
        }
    });
    core.take(left("ana"));
    let entered =
        tokio::task::spawn_blocking(move || entered.recv_timeout(Duration::from_secs(10)));
    entered.await.unwrap().unwrap();
    core.take(joined("ana"));
    let both = async {
        while told.lock().unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .unwrap();
    let (left, joined) = (
        Presence::Left("ana".to_owned()),
        Presence::Joined("ana".to_owned()),
    );
    assert_eq!(*told.lock().unwrap(), [left, joined]);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_comes_and_goes_all_the_time_costs_one_task_and_not_one_for_each_leave() {
    let core = core(&Cluster::in_memory());
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    core.hook.set(Duration::from_secs(60), move |change| {
        telling.lock().unwrap().push(change);
    });
    core.take(joined("ana"));
    for _ in 0..1_000 {
        core.take(left("ana"));
        core.take(joined("ana"));
    }
    core.take(left("bea"));
    core.take(left("ana"));
    settle(&core).await;
    let tasks = core.tasks.count();
    assert!(tasks <= 2, "{tasks} tasks");
    for _ in 0..70 {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let all = [
        Presence::Joined("ana".to_owned()),
        Presence::Left("bea".to_owned()),
        Presence::Left("ana".to_owned()),
    ];
    assert_eq!(*told.lock().unwrap(), all);
}

#[tokio::test]
async fn what_the_presence_hook_sends_comes_before_what_follows_the_change() {
    let hub = MemoryHub::new();
    let (here, there) = (core(&hub.node()), core(&hub.node()));
    let ana = bare();
    here.register("ana", &ana).await.unwrap();
    let hooked = Arc::downgrade(&here);
    here.hook.set(Duration::ZERO, move |presence| {
        let event = serde_json::json!({ "data": format!("{presence:?}") }).to_string();
        let core = hooked.upgrade().unwrap();
        send_local(&core, None, &event).unwrap();
    });
    let bea = bare();
    there.register("bea", &bea).await.unwrap();
    say(&there, "I am here");
    there.unregister("bea").await.unwrap();
    say(&there, "she was here");
    settle(&there).await;
    settle(&here).await;
    assert_eq!(
        sent(&ana),
        [
            r#"Joined("bea")"#,
            "I am here",
            r#"Left("bea")"#,
            "she was here"
        ]
    );
}

#[tokio::test]
async fn a_hook_that_panics_stops_nothing() {
    let core = core(&Cluster::in_memory());
    core.hook.set(Duration::ZERO, |_| panic!("on purpose"));
    let ana = bare();
    core.register("ana", &ana).await.unwrap();
    say(&core, "hello");
    settle(&core).await;
    assert_eq!(sent(&ana), ["hello"]);
}
