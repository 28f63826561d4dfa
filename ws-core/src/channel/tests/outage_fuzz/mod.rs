//! A client that goes from node to node while these are cut off from the log, and come back to it, at any moment: it is given
//! everything once, or told a gap.
//!
//! A case is a random schedule, which is the same for the same seed: see [`seeds`](crate::seeds).

mod node;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use self::node::Node;
use super::{connection, message, settle};
use crate::client::Connection;
use crate::cluster::{Arrival, Frame, GapReason, Message, Recovery, Sink, Target};
use crate::error::{ClusterError, RegisterError};
use crate::protocol::{Hello, Position, Seen};
use crate::seeds::seeds;

const STEPS: usize = 150;

/// Where the log stands in the beginning.
const BEGINNING: Position = Position { seq: 100, mark: 1 };

type Registering = JoinHandle<Result<(), RegisterError>>;

/// A client, and what it knows.
#[derive(Default)]
struct Client {
    seen: Option<Seen>,
    /// How often it was given each message.
    given: HashMap<u64, u32>,
    /// What was sent before it was told a gap, or before it came for the first time, may be missing.
    since: u64,
    connected: Option<(Arc<Connection>, Registering)>,
    /// What has happened, for people.
    story: Vec<String>,
}

/// Two nodes, the log that they have in common, and a client that goes from one to the other.
struct World {
    random: SmallRng,
    log: Vec<Frame>,
    nodes: [Node; 2],
    client: Client,
    /// How many messages were sent.
    sent: u64,
    /// Whether nodes may miss something that they cannot read.
    has_gaps: bool,
}

impl World {
    async fn new(seed: u64) -> Self {
        let first = Frame::logged(BEGINNING, [Message::Blank]);
        let mut world = Self {
            random: SmallRng::seed_from_u64(seed),
            log: vec![first],
            nodes: [Node::new(0).await, Node::new(1).await],
            client: Client::default(),
            sent: 0,
            has_gaps: !seed.is_multiple_of(2),
        };
        world.comes(0);
        world
    }

    fn append(&mut self, mark: u64, messages: Arc<[Message]>) -> Position {
        let before = self.log.last().unwrap().last.unwrap();
        let last = Position {
            seq: before.seq + messages.len() as u64,
            mark,
        };
        self.log.push(Frame::logged(last, messages));
        last
    }

    fn publish(&mut self, node: usize) {
        let count = self.random.random_range(1..=3);
        let texts = self.sent..self.sent + count;
        self.sent += count;
        let messages: Arc<[Message]> = texts
            .map(|text| message(Target::All, &text.to_string()))
            .collect();
        let here = &mut self.nodes[node];
        let mark = here.next_mark;
        here.next_mark += 1;
        self.client.story.push(format!(
            "publish {node} {mark:x} x{count} from {}",
            self.sent - count
        ));
        here.sends(mark, &messages);
        if here.is_away || !here.pending.is_empty() {
            here.pending.push_back((mark, messages));
            here.gives_early();
        } else {
            let at = self.append(mark, messages);
            self.nodes[node].taken(mark, at);
        }
    }

    fn drain(&mut self, node: usize) {
        if self.nodes[node].is_away {
            return;
        }
        if let Some((mark, messages)) = self.nodes[node].pending.pop_front() {
            let at = self.append(mark, messages);
            self.client
                .story
                .push(format!("taken {node} {mark:x} at {}", at.seq));
            self.nodes[node].taken(mark, at);
        }
    }

    fn deliver(&mut self, node: usize) {
        let here = &mut self.nodes[node];
        if here.is_away || here.delivered == self.log.len() {
            return;
        }
        let frame = self.log[here.delivered].clone();
        here.delivered += 1;
        let last = frame.last.unwrap();
        self.client
            .story
            .push(format!("deliver {node} {} {:x}", last.seq, last.mark));
        here.settles(last.mark);
        here.core.take(Arrival::Frame(frame));
    }

    /// A node cannot read some of the log.
    fn skip(&mut self, node: usize) {
        let here = &mut self.nodes[node];
        if here.is_away || here.delivered == self.log.len() {
            return;
        }
        let to = self
            .random
            .random_range(here.delivered + 1..=self.log.len());
        for frame in &self.log[here.delivered..to] {
            here.settles(frame.last.unwrap().mark);
        }
        here.delivered = to;
        let head = self.log[to - 1].last.unwrap();
        self.client.story.push(format!("gap {node} {}", head.seq));
        let why = GapReason::Trimmed;
        here.core.take(Arrival::Gap { why, head });
    }

    fn answer(&mut self, node: usize) {
        let here = &mut self.nodes[node];
        while let Ok(asked) = here.readings.try_recv() {
            here.asked.push_back(asked);
        }
        let Some((from, answer)) = here.asked.pop_front() else {
            return;
        };
        let place = self.log.iter().position(|frame| frame.contains(from));
        let is_at_hand = place.is_some_and(|place| place < here.delivered);
        let result = match place {
            Some(place) if is_at_hand && self.random.random_bool(0.3) => {
                Ok(Recovery::all(self.log[place..here.delivered].to_vec()))
            }
            _ if here.is_away => Err(ClusterError::Unavailable("away".to_owned())),
            Some(place) => {
                let rest = &self.log[place..];
                let count = self.random.random_range(2..6).min(rest.len());
                let (frames, more) = (rest[..count].to_vec(), count < rest.len());
                Ok(Recovery::Exact { frames, more })
            }
            None => panic!("{from:?} was never in the log"),
        };
        self.client.story.push(format!(
            "answer {node} from {} {}",
            from.seq,
            match &result {
                Ok(Recovery::Exact { frames, more }) =>
                    format!("to {} {more}", frames.last().unwrap().last.unwrap().seq),
                _ => "away".into(),
            }
        ));
        drop(answer.send(result));
    }

    fn comes(&mut self, node: usize) {
        let resume = self.client.seen.map(|seen| ("room".to_owned(), Some(seen)));
        let hello = Hello {
            resume: resume.into_iter().collect(),
            ..Hello::default()
        };
        self.client
            .story
            .push(format!("comes {node} {:?}", self.client.seen));
        let connection = connection(1 << 20, Some(hello));
        let core = Arc::clone(&self.nodes[node].core);
        let client = Arc::clone(&connection);
        let registering = tokio::spawn(async move { core.register("ana", &client).await });
        self.client.connected = Some((connection, registering));
    }

    /// The client takes what it was sent.
    fn hears(&mut self) {
        let Some((connection, _)) = &self.client.connected else {
            return;
        };
        let messages = connection.outbox.take();
        for message in messages {
            let message: Value = serde_json::from_str(message.as_str()).unwrap();
            self.client.hears(&message, self.sent);
        }
    }

    /// The client goes, and loses some of what it was sent.
    async fn goes(&mut self) {
        let Some((connection, registering)) = self.client.connected.take() else {
            return;
        };
        registering.abort();
        let messages = connection.outbox.take();
        let heard = self.random.random_range(0..=messages.len());
        for message in &messages[..heard] {
            let message: Value = serde_json::from_str(message.as_str()).unwrap();
            self.client.hears(&message, self.sent);
        }
        self.client.story.push("goes".into());
        connection.leave_all().await;
    }

    async fn anything(&mut self) {
        let node = self.random.random_range(0..2);
        match self.random.random_range(0..100) {
            0..25 => self.publish(node),
            25..35 => self.drain(node),
            35..55 => self.deliver(node),
            55..75 => self.answer(node),
            75..80 => {
                self.nodes[node].is_away ^= true;
                self.client
                    .story
                    .push(format!("away {node} {}", self.nodes[node].is_away));
            }
            80..87 => self.hears(),
            87..93 if self.client.connected.is_none() => self.comes(node),
            87..93 => self.goes().await,
            93..95 if self.has_gaps => self.skip(node),
            95..97 => sleep(Duration::from_millis(300)).await,
            _ => settle(&self.nodes[node].core).await,
        }
        for _ in 0..self.random.random_range(0..4) {
            tokio::task::yield_now().await;
        }
    }

    /// All is well again, and the client stays.
    async fn ends(&mut self) {
        if self.client.connected.is_none() {
            self.comes(0);
        }
        for node in &mut self.nodes {
            node.is_away = false;
        }
        let mut rounds = 0;
        loop {
            let mut is_quiet = true;
            for node in 0..2 {
                self.drain(node);
                self.deliver(node);
                self.answer(node);
                let here = &self.nodes[node];
                is_quiet &= here.pending.is_empty()
                    && here.delivered == self.log.len()
                    && here.asked.is_empty();
            }
            tokio::task::yield_now().await;
            self.hears();
            rounds = if is_quiet { rounds + 1 } else { 0 };
            if rounds == 5 {
                sleep(Duration::from_millis(300)).await;
            }
            if rounds > 50 {
                return;
            }
        }
    }
}

impl Client {
    fn hears(&mut self, message: &Value, sent: u64) {
        let seen = |pos: &Value| serde_json::from_value::<Seen>(pos.clone()).unwrap();
        if let Some(text) = message["data"].as_str() {
            *self.given.entry(text.parse().unwrap()).or_default() += 1;
            self.seen = Some(seen(&message["pos"]));
            self.story.push(format!("hears {text} {:?}", self.seen));
        } else if message["gap"].is_object() {
            self.seen = Some(seen(&message["gap"]["pos"]));
            self.since = sent;
            self.story.push(format!("told gap {:?}", self.seen));
        } else {
            let joined = &message["joined"];
            if self.seen.is_none() {
                self.since = sent;
            }
            self.story.push(format!("told {joined}"));
            if joined["resumed"] == true || self.seen.is_none() {
                self.seen = Some(seen(&joined["pos"]));
            }
        }
    }
}

/// A client goes and comes for a while, and then stays. It is to have been given everything once, or told a gap.
async fn follow(seed: u64) {
    let mut world = World::new(seed).await;
    for _ in 0..STEPS {
        world.anything().await;
    }
    world.ends().await;
    let client = &world.client;
    for text in 0..world.sent {
        let given = client.given.get(&text).copied().unwrap_or_default();
        let is_right = given == 1 || (given == 0 && text < client.since);
        let story = || client.story.join("\n");
        assert!(is_right, "{text} was given {given} times:\n{}", story());
    }
}

#[test]
fn whoever_moves_in_outages_is_given_everything_once_or_told() {
    for seed in seeds() {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(follow(seed.0));
    }
}
