//! Nodes over a Redis of their own: what only shows from within.

mod acknowledged;
mod audience;
mod deaf;
mod failover;
mod hanging;
mod leaving;
mod logs;
mod orders;
mod storms;
mod users;
mod waiting;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use redis_server::RedisServer;
use tokio::sync::watch;
use tokio::time::timeout;

use super::RedisBackend;
use super::options::RedisOptions;
use crate::cluster::conformance::text;
use crate::cluster::{
    Arrival, Backend, Change, Enrolment, Marks, Member, Message, Retention, Sink, Target,
    disconnects,
};
use crate::protocol::{ConnectionId, Text};

pub(super) const RETENTION: Retention = Retention::new(10_000, Duration::from_secs(60));

/// What the members of a node were given: the texts of events, `gap`, or `disconnect`; and who came and left.
///
/// Each order to disconnect somebody is carried out once, as a channel does it.
pub(super) struct Given {
    texts: Mutex<Vec<String>>,
    carried_out: Mutex<Marks>,
    changes: Mutex<Vec<Change>>,
    count: watch::Sender<usize>,
}

impl Given {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            texts: Mutex::default(),
            carried_out: Mutex::default(),
            changes: Mutex::default(),
            count: watch::Sender::new(0),
        })
    }

    pub(super) async fn are(&self, count: usize) -> Vec<String> {
        let mut given = self.count.subscribe();
        let come = given.wait_for(|given| *given >= count);
        // Nothing is borrowed of the count any more when the texts are locked: who adds one locks both the other way round.
        let has_come = timeout(Duration::from_secs(20), come).await.is_ok();
        let texts = self.texts.lock().unwrap().clone();
        assert!(has_come, "{count} were expected: {texts:?}");
        texts
    }
}

impl Given {
    pub(super) fn so_far(&self) -> Vec<String> {
        self.texts.lock().unwrap().clone()
    }

    /// Who has left.
    fn left(&self) -> Vec<String> {
        let changes = self.changes.lock().unwrap();
        let left = changes.iter().filter_map(|change| match change {
            Change::Joined(_) => None,
            Change::Left(member) => Some(member.user.to_string()),
        });
        left.collect()
    }
}

impl Sink for Given {
    fn take(&self, arrival: Arrival) {
        let mut texts = self.texts.lock().unwrap();
        let mut take = |mark: Option<u64>, messages: &[Message]| {
            let mut carried_out = self.carried_out.lock().unwrap();
            let ends = disconnects(messages);
            let is_new = !ends || mark.is_none_or(|mark| carried_out.add(mark));
            let order = |message: &Message| matches!(message, Message::Disconnect { .. });
            let given = messages.iter().filter(|message| is_new || !order(message));
            let given = given.filter(|message| !matches!(message, Message::Gap));
            texts.extend(given.map(text));
        };
        match arrival {
            Arrival::Frame(frame) => take(frame.mark(), &frame.messages),
            Arrival::Early(early, messages) => take(Some(early.last()), &messages),
            Arrival::Gap { .. } => texts.push("gap".to_owned()),
            Arrival::Change(change) => self.changes.lock().unwrap().push(change),
            Arrival::Replaced(_) | Arrival::Taken(..) => {}
        }
        self.count.send_replace(texts.len());
    }
}

pub(super) async fn pair(server: &RedisServer) -> [RedisBackend; 2] {
    let connect = || RedisBackend::connect(RedisOptions::new(server.url()));
    [connect().await.unwrap(), connect().await.unwrap()]
}

pub(super) async fn follow(node: &RedisBackend, retention: Retention) -> Arc<Given> {
    open(node, "room", retention).await
}

pub(super) async fn open(node: &RedisBackend, channel: &str, retention: Retention) -> Arc<Given> {
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
    let sink = Arc::downgrade(&sink);
    node.attach(channel, retention, sink).await.unwrap();
    given
}

pub(super) async fn publish(node: &RedisBackend, retention: Retention, message: Message) {
    node.publish("room", retention, vec![message])
        .await
        .unwrap();
}

pub(super) fn event(text: impl ToString) -> Message {
    Message::Event {
        target: Target::All,
        event: Text::from(text.to_string()),
    }
}

pub(super) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let so = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    let so = timeout(Duration::from_secs(10), so).await;
    assert!(so.is_ok(), "waited until {what}");
}

pub(super) fn member(user: &str) -> Member {
    Member {
        user: user.into(),
        connection: ConnectionId::random(),
        since: SystemTime::now(),
    }
}

pub(super) async fn users(node: &RedisBackend, channel: &str) -> Vec<String> {
    let roll = node.members(channel).await.unwrap();
    let users = roll.members.iter().map(|member| member.user.to_string());
    users.collect()
}

/// Two nodes with these URLs and a long lease. The first has a member, and the second knows her.
pub(super) async fn where_ana_is(
    here: &str,
    there: &str,
) -> (Member, [RedisBackend; 2], Arc<Given>) {
    let connect = async |url: &str| {
        let options = RedisOptions::new(url).with_lease(Duration::from_secs(60));
        RedisBackend::connect(options).await.unwrap()
    };
    let [here, there] = [connect(here).await, connect(there).await];
    let sink = follow(&there, RETENTION).await;
    let ana = member("ana");
    here.update("room", vec![Enrolment::Join(ana.clone())])
        .await
        .unwrap();
    until("she is listed", async || {
        users(&there, "room").await == ["ana"]
    })
    .await;
    (ana, [here, there], sink)
}

/// A master, and a replica that has taken over from it without `the old one`, the last event in the room.
pub(super) struct Takeover {
    /// The old master, and the new one.
    pub(super) servers: [RedisServer; 2],
    /// A node that knows the old master, and what it was given: `both` and `the old one`.
    pub(super) behind: RedisBackend,
    pub(super) given: Arc<Given>,
    /// A node that knows the new master.
    pub(super) ahead: RedisBackend,
}

impl Takeover {
    pub(super) async fn begin() -> Self {
        let connect = async |server: &RedisServer| {
            let options = RedisOptions::new(server.url());
            RedisBackend::connect(options).await.unwrap()
        };
        let old = RedisServer::start().unwrap();
        let new = old.replica().unwrap();
        let behind = connect(&old).await;
        let given = follow(&behind, RETENTION).await;
        publish(&behind, RETENTION, event("both")).await;
        let log = behind.node().keys.channel("room").log;
        let length = |server: &RedisServer| server.ask(&["XLEN", &log]).unwrap();
        until("it is replicated", async || length(&old) == length(&new)).await;
        new.ask(&["REPLICAOF", "NO", "ONE"]).unwrap();
        publish(&behind, RETENTION, event("the old one")).await;
        given.are(2).await;
        let ahead = connect(&new).await;
        Self {
            servers: [old, new],
            behind,
            given,
            ahead,
        }
    }
}

/// A user of Redis of its own, who may be put out, and the URL with which a node is that user.
pub(super) fn other_user(server: &RedisServer) -> (impl Fn(&str), String) {
    let user = |rule: &str| {
        let rules = [
            "ACL", "SETUSER", "there", rule, ">secret", "~*", "&*", "+@all",
        ];
        server.ask(&rules).unwrap();
        server.ask(&["CLIENT", "KILL", "USER", "there"]).unwrap();
    };
    user("on");
    let url = format!("redis://there:secret@127.0.0.1:{}", server.port());
    (user, url)
}
