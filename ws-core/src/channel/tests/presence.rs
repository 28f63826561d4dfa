//! Users who come and leave while somebody is told of it, or asks.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::scripted::Scripted;
use super::{core, settle};
use crate::cluster::{Arrival, Change, Member, Roll, Sink};
use crate::protocol::ConnectionId;

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
