//! Clients that come, go and come back at any moment, on two nodes, while others speak: each is given everything that it is
//! meant to hear, once, and in the order of the log.
//!
//! A case is a random schedule, which is the same for the same seed: see [`seeds`](crate::seeds).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::task::{JoinHandle, yield_now};

use super::slow::Slow;
use super::{connection, core_with, send, send_local, settle};
use crate::MemoryHub;
use crate::channel::Presence;
use crate::channel::core::Core;
use crate::client::Connection;
use crate::cluster::{Message, Recovery, Retention, Target};
use crate::error::RegisterError;
use crate::protocol::{Close, CloseCode, ConnectionId, Hello, Position, Seen};
use crate::seeds::seeds;

const USERS: [&str; 3] = ["ana", "bea", "cy"];
const CLIENTS: usize = 6;
const STEPS: usize = 120;

/// A message of the log that a client was given.
#[derive(Debug)]
struct Heard {
    seq: u64,
    text: String,
    /// On which of its connections.
    connection: ConnectionId,
    previous: Option<ConnectionId>,
}

/// One client over all of its connections.
struct Client {
    user: &'static str,
    connections: Vec<Arc<Connection>>,
    /// Its connection is open, and registered or about to be.
    is_there: bool,
    registering: Option<JoinHandle<Result<(), RegisterError>>>,
    /// What its earlier connections still do.
    leaving: Vec<BoxFuture<'static, ()>>,
    /// Where its history begins.
    start: Option<u64>,
    /// Where its connection came, if it did not resume.
    came: Option<u64>,
    /// What it would come back with.
    seen: Option<Seen>,
    heard: Vec<Heard>,
    heard_here: HashSet<String>,
    /// Where its connections came that were told to go, and where the log stood by then.
    sent_away: Vec<(u64, u64)>,
}

impl Client {
    fn new(user: &'static str) -> Self {
        Self {
            user,
            connections: Vec::new(),
            is_there: false,
            registering: None,
            leaving: Vec::new(),
            start: None,
            came: None,
            seen: None,
            heard: Vec::new(),
            heard_here: HashSet::new(),
            sent_away: Vec::new(),
        }
    }

    fn now(&self) -> &Arc<Connection> {
        self.connections.last().unwrap()
    }

    /// Comes, or comes back.
    fn enter(&mut self, core: &Arc<Core>) {
        let hello = Hello {
            connection: self.connections.last().map(|previous| previous.key),
            resume: self
                .seen
                .map(|seen| ("room".to_owned(), Some(seen)))
                .into_iter()
                .collect(),
            ..Hello::default()
        };
        if self.seen.is_none() {
            self.start = None;
            self.heard.clear();
        }
        let connection = connection(1 << 30, Some(hello));
        self.connections.push(Arc::clone(&connection));
        self.is_there = true;
        self.came = None;
        let (core, user) = (Arc::clone(core), self.user);
        self.registering = Some(tokio::spawn(async move {
            core.register(user, &connection).await
        }));
    }

    /// Is lost, and so may be the last of what it was sent.
    fn leave(&mut self, random: &mut SmallRng) {
        let sent = self.now().outbox.take().len();
        assert_eq!(sent, 0, "it is read before");
        self.is_there = false;
        if let Some(registering) = self.registering.take() {
            if random.random_bool(0.5) {
                registering.abort();
            }
            self.leaving.push(registering.map(drop).boxed());
        }
        let connection = Arc::clone(self.now());
        let leaving = tokio::spawn(async move { connection.leave_all().await });
        self.leaving.push(leaving.map(drop).boxed());
    }

    /// Reads so many of the messages that it was sent, and loses the others.
    fn read(&mut self, most: usize) {
        for message in self.now().outbox.take().into_iter().take(most) {
            let message: Value = serde_json::from_str(message.as_str()).unwrap();
            self.hears(&message);
        }
    }

    fn hears(&mut self, message: &Value) {
        let position = |value: &Value| serde_json::from_value::<Seen>(value.clone()).unwrap();
        assert!(message.get("gap").is_none(), "nothing is lost: {message}");
        if let Some(joined) = message.get("joined") {
            let at = position(&joined["pos"]);
            if joined["resumed"] == false {
                assert!(self.seen.is_none(), "it comes back: {message}");
                (self.start, self.came) = (Some(at.at.seq), Some(at.at.seq));
            }
            self.seen = Some(at);
            return;
        }
        if message.get("bye").is_some() {
            return;
        }
        let text = message["data"].as_str().unwrap().to_owned();
        let Some(at) = message.get("pos") else {
            assert!(self.heard_here.insert(text), "twice: {message}");
            return;
        };
        let (at, connection) = (position(at), self.now().id);
        let before = self.connections.iter().rev().nth(1);
        let previous = before.map(|previous| previous.id);
        let last = self.heard.last().map(|heard| heard.seq).or(self.start);
        assert!(last < Some(at.at.seq), "out of order or twice: {message}");
        let seq = at.at.seq;
        self.heard.push(Heard {
            seq,
            text,
            connection,
            previous,
        });
        self.seen = Some(at);
    }

    /// Compares with the log what it has heard, as far as it says that it knows it.
    fn check(&self, log: &[(u64, Message)], head: u64) {
        let (Some(start), Some(seen)) = (self.start, self.seen) else {
            return;
        };
        let end = if self.is_there { head } else { seen.at.seq };
        let mut heard = self.heard.iter().peekable();
        for (seq, message) in log
            .iter()
            .filter(|(seq, _)| (start + 1..=end).contains(seq))
        {
            let Message::Event { target, event } = message else {
                continue;
            };
            let found = heard.next_if(|heard| heard.seq == *seq);
            if let Some(found) = found {
                assert!(event.as_str().contains(&found.text), "{found:?}");
            }
            let is_mine = |id| self.connections.iter().any(|mine| mine.id == id);
            match (target, found) {
                (Target::All, Some(_)) => {}
                (Target::User(user), found) => assert_eq!(**user == *self.user, found.is_some()),
                (Target::Others(sender), Some(found)) => {
                    assert_ne!(*sender, found.connection, "it hears itself: {found:?}");
                    assert_ne!(Some(*sender), found.previous, "it hears itself: {found:?}");
                }
                // From which of its connections it may hear itself, none of which is the present one or the last.
                (Target::Others(sender), None) => {
                    assert!(is_mine(*sender), "{seq} is missing: {message:?}");
                }
                (Target::All, None) => panic!("{seq} is missing: {message:?}"),
            }
        }
        assert!(heard.next().is_none(), "more than there is");
    }
}

/// What the hook of a node was told.
type Told = Arc<Mutex<Vec<Presence>>>;

/// A node of the cluster, and what its hook was told.
fn node(hub: &MemoryHub, random: &mut SmallRng) -> (Arc<Core>, Told) {
    let cluster = Slow::over(hub, random);
    let retention = Retention::new(1_000_000, Duration::from_secs(3600));
    let core = core_with(&cluster, retention);
    let told: Told = Arc::default();
    let tell = Arc::clone(&told);
    core.hook.set(Duration::ZERO, move |presence| {
        tell.lock().unwrap().push(presence)
    });
    (core, told)
}

async fn follow(random: &mut SmallRng) {
    let hub = MemoryHub::new();
    let nodes = [node(&hub, random), node(&hub, random)];
    for (core, _) in &nodes {
        core.attach().await.unwrap();
    }
    let start = nodes[0].0.members().head().unwrap();
    let mut clients: Vec<Client> = (0..CLIENTS).map(|n| Client::new(USERS[n % 3])).collect();
    for step in 0..STEPS {
        let (core, _) = &nodes[random.random_range(0..2)];
        let client = &mut clients[random.random_range(0..CLIENTS)];
        match random.random_range(0..100) {
            0..45 => publish(core, client, step, random),
            45..55 => {
                let there = format!(r#"{{"event":"said","data":"here {step}"}}"#);
                send_local(core, None, &there).unwrap();
            }
            55..57 => {
                let user = random.random_bool(0.5).then_some(client.user);
                let close = Close::new(CloseCode::REVOKED, "over");
                core.disconnect(user, close).unwrap();
            }
            57..80 if !client.is_there => client.enter(core),
            57..72 => {
                client.read(random.random_range(0..10));
                client.leave(random);
            }
            72..80 => client.read(usize::MAX),
            _ => {
                for _ in 0..random.random_range(1..6) {
                    yield_now().await;
                }
            }
        }
        let heads = nodes.iter().map(|(core, _)| core.members().head());
        let head = heads.flatten().map(|head| head.seq).max().unwrap();
        for client in &mut clients {
            look(client, head, random);
        }
    }
    end(&nodes, &mut clients, start).await;
}

fn publish(core: &Core, client: &Client, step: usize, random: &mut SmallRng) {
    let target = match random.random_range(0..10) {
        0..6 => Target::All,
        6..8 => Target::User(client.user.into()),
        _ => match client.connections.last() {
            Some(connection) => Target::Others(connection.id),
            None => Target::All,
        },
    };
    send(core, target, &format!("message {step}")).unwrap();
}

/// Notices where a client was told to go.
fn look(client: &mut Client, head: u64, random: &mut SmallRng) {
    if client.is_there && client.now().outbox.closing().is_some() {
        client.read(usize::MAX);
        client
            .sent_away
            .extend(client.came.map(|came| (came, head)));
        client.leave(random);
    }
}

/// Waits until nothing happens any more, and looks at everything.
async fn end(nodes: &[(Arc<Core>, Told)], clients: &mut [Client], start: Position) {
    for client in &mut *clients {
        if let Some(registering) = client.registering.take() {
            // Those that were told to go meanwhile are not registered.
            drop(registering.await);
        }
        join_all(client.leaving.drain(..)).await;
    }
    settle_all(nodes).await;
    let (core, _) = &nodes[0];
    let log = read(core, start).await;
    let head = log.last().map_or(start.seq, |(seq, _)| *seq);
    let disconnects = |client: &str, came: u64, head: u64| {
        let mut later = log
            .iter()
            .filter(|(seq, _)| (came + 1..=head).contains(seq));
        later.any(|(_, message)| match message {
            Message::Disconnect { user, .. } => user.as_deref().is_none_or(|user| user == client),
            _ => false,
        })
    };
    let mut there = BTreeSet::new();
    for client in clients {
        if client.is_there {
            let is_closing = client.now().outbox.closing().is_some();
            client.read(usize::MAX);
            if let Some(came) = client.came {
                let is_meant = disconnects(client.user, came, head);
                assert_eq!(is_meant, is_closing, "who came at {came}");
            }
            client.is_there = !is_closing;
            if is_closing {
                client.now().leave_all().await;
            } else {
                there.insert(client.user);
            }
        }
        client.check(&log, head);
        for (came, head) in &client.sent_away {
            assert!(
                disconnects(client.user, *came, *head),
                "who came at {came} was not meant"
            );
        }
    }
    settle_all(nodes).await;
    let participants = core.participants().await.unwrap();
    let found: BTreeSet<&str> = participants.iter().map(|found| &*found.user).collect();
    assert_eq!(found, there);
    for (_, told) in nodes {
        presence_is_right(&told.lock().unwrap(), &there);
    }
}

/// Everything that the log has behind a position.
async fn read(core: &Core, start: Position) -> Vec<(u64, Message)> {
    let (mut log, mut at) = (Vec::new(), start);
    loop {
        let Ok(Recovery::Exact { frames, more }) = core.backend.recover(&core.key, at).await else {
            panic!("the log has everything");
        };
        let messages = frames.iter().flat_map(|frame| frame.iter());
        for (position, message) in messages {
            let position = position.unwrap();
            if position.seq > at.seq {
                log.push((position.seq, message.clone()));
                at = position;
            }
        }
        if !more {
            return log;
        }
    }
}

/// What one node does may give the other something to do.
async fn settle_all(nodes: &[(Arc<Core>, Told)]) {
    for _ in 0..3 {
        for (core, _) in nodes {
            settle(core).await;
        }
    }
}

/// Users come and leave in turn, and those who came last are there.
fn presence_is_right(told: &[Presence], there: &BTreeSet<&str>) {
    let mut present: HashMap<&str, bool> = HashMap::new();
    for presence in told {
        let (user, is_there) = match presence {
            Presence::Joined(user) => (user, true),
            Presence::Left(user) => (user, false),
        };
        let before = present.insert(user, is_there).unwrap_or(false);
        assert_ne!(before, is_there, "{told:?}");
    }
    let present: BTreeSet<&str> = present
        .into_iter()
        .filter_map(|(user, is_there)| is_there.then_some(user))
        .collect();
    assert_eq!(present, *there);
}

#[test]
fn everyone_is_given_what_they_are_meant_to_hear_once_and_in_order() {
    for seed in seeds() {
        let mut random = SmallRng::seed_from_u64(seed.0);
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(follow(&mut random));
    }
}
