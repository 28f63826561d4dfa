//! Orders to end a user's connections, which come to a node early, in the log and apart from it, while too much comes, the log is
//! read, and loses something: each is carried out once.
//!
//! A case is a random schedule, which is the same for the same seed: see [`seeds`](crate::seeds).

use std::collections::VecDeque;
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::yield_now;

use super::scripted::{Reading, Scripted};
use super::{bare, core, message, settle};
use crate::channel::core::Core;
use crate::channel::incoming::Incoming;
use crate::client::Connection;
use crate::cluster::{Arrival, Frame, GapReason, Message, Recovery, Sink, Target};
use crate::protocol::{Close, CloseCode, Early, Position};
use crate::seeds::seeds;

const STEPS: usize = 100;

/// Where the log stands in the beginning.
const BEGINNING: Position = Position { seq: 100, mark: 1 };

/// The mark of the first publication. Each has the next one, for all are of the node itself.
const FIRST: u64 = 1000;

/// What is published, under its mark.
type Publication = (u64, Arc<[Message]>);

/// A node, and a user who comes to it again and again.
struct World {
    random: SmallRng,
    core: Arc<Core>,
    readings: UnboundedReceiver<Reading>,
    log: Vec<Frame>,
    /// How many frames the log has lost.
    lost: usize,
    /// How many frames of the log were brought, or lie in a gap.
    brought: usize,
    next_mark: u64,
    /// What the log has yet to take.
    waiting: VecDeque<Publication>,
    /// The first that came early since the log last had everything.
    first_early: Option<u64>,
    orders: Vec<u64>,
    /// Those that lie in a gap.
    skipped: Vec<u64>,
    /// The user's connection.
    ana: Option<Arc<Connection>>,
    closed: usize,
    too_much: Message,
    story: Vec<String>,
}

impl World {
    async fn new(seed: u64) -> Self {
        let (cluster, readings) = Scripted::at(BEGINNING);
        let core = core(&cluster);
        core.register("bea", &bare()).await.unwrap();
        Self {
            random: SmallRng::seed_from_u64(seed),
            core,
            readings,
            log: vec![Frame::logged(BEGINNING, [Message::Blank])],
            lost: 0,
            brought: 1,
            next_mark: FIRST,
            waiting: VecDeque::new(),
            first_early: None,
            orders: Vec::new(),
            skipped: Vec::new(),
            ana: None,
            closed: 0,
            too_much: message(
                Target::User("nobody".into()),
                &"x".repeat(Incoming::MOST_BYTES / 2),
            ),
            story: Vec::new(),
        }
    }

    fn publish_anything(&mut self) {
        let messages = match self.random.random_range(0..4) {
            0 => vec![message(Target::All, "hello")],
            1 => vec![self.too_much.clone()],
            2 => vec![end(), message(Target::All, "behind")],
            _ => vec![end()],
        };
        self.publish(messages.into());
    }

    fn publish(&mut self, messages: Arc<[Message]>) {
        let mark = self.next_mark;
        self.next_mark += 1;
        let is_order = matches!(messages[0], Message::Disconnect { .. });
        self.orders.extend(is_order.then_some(mark));
        let is_early = self.first_early.is_some() || self.random.random_bool(0.3);
        self.story
            .push(format!("publish {mark} {is_order} {is_early}"));
        if is_early {
            let first = *self.first_early.get_or_insert(mark);
            let early = Early::between(first, mark);
            self.core.take(Arrival::Early(early, Arc::clone(&messages)));
        }
        self.waiting.push_back((mark, messages));
    }

    /// The log takes the next publication.
    fn append(&mut self) {
        let Some((mark, messages)) = self.waiting.pop_front() else {
            return;
        };
        let before = self.log.last().unwrap().last.unwrap();
        let seq = before.seq + messages.len() as u64;
        let last = Position { seq, mark };
        self.log.push(Frame::logged(last, messages));
        self.story.push(format!("append {mark} at {seq}"));
        if self.first_early.is_some() {
            self.core.take(Arrival::Taken(mark, last));
        }
    }

    fn settles(&mut self) {
        let is_all = self.brought == self.log.len() && self.waiting.is_empty();
        self.first_early = self.first_early.filter(|_| !is_all);
    }

    fn bring(&mut self) {
        if self.brought == self.log.len() {
            return;
        }
        self.brought = self.brought.max(self.lost);
        if let Some(frame) = self.log.get(self.brought).cloned() {
            self.story
                .push(format!("bring {}", frame.mark().unwrap_or_default()));
            self.core.take(Arrival::Frame(frame));
            self.brought += 1;
        }
        self.settles();
    }

    /// The node cannot be brought some of the log.
    fn skip(&mut self) {
        if self.brought == self.log.len() {
            return;
        }
        let begun = self.brought;
        self.brought = self.random.random_range(begun + 1..=self.log.len());
        let gap = self.log[begun..self.brought].iter();
        self.skipped.extend(gap.filter_map(Frame::mark));
        let head = self.log[self.brought - 1].last.unwrap();
        self.story.push(format!("gap {}", head.mark));
        let why = GapReason::Trimmed;
        self.core.take(Arrival::Gap { why, head });
        self.settles();
    }

    /// The log loses some of what was brought.
    fn trim(&mut self) {
        self.lost = self.random.random_range(self.lost..self.brought);
        self.story.push(format!("lost {}", self.lost));
    }

    /// An order is found apart from the log, where it is kept before that takes it.
    fn find(&mut self) {
        if !self.orders.is_empty() {
            let order = self.random.random_range(0..self.orders.len());
            self.tell(self.orders[order]);
        }
    }

    fn tell(&mut self, mark: u64) {
        self.story.push(format!("find {mark}"));
        let found = Frame::past_the_log(Some(mark), [end()]);
        self.core.take(Arrival::Frame(found));
    }

    /// What was asked of the log is answered.
    fn answer(&mut self) {
        let Ok((from, answer)) = self.readings.try_recv() else {
            return;
        };
        let place = self.log.iter().position(|frame| frame.contains(from));
        let result = match place.expect("it was in the log") {
            place if place < self.lost => {
                let head = self.log[self.brought - 1].last.unwrap();
                let why = GapReason::Trimmed;
                Recovery::Broken { why, head }
            }
            place => {
                let rest = &self.log[place..];
                let count = self.random.random_range(2..6).min(rest.len());
                let (frames, more) = (rest[..count].to_vec(), count < rest.len());
                Recovery::Exact { frames, more }
            }
        };
        self.story
            .push(format!("answer {} {}", from.mark, place.unwrap_or(0)));
        drop(answer.send(Ok(result)));
    }

    /// The user comes, where they are not there; or leaves, where they were told to.
    async fn look(&mut self) {
        if let Some(ana) = &self.ana {
            if ana.outbox.closing().is_some() {
                ana.leave_all().await;
                self.closed += 1;
                self.story.push("closed".into());
                self.ana = None;
            }
            return;
        }
        let ana = bare();
        self.core.register("ana", &ana).await.unwrap();
        self.story.push("comes".into());
        self.ana = Some(ana);
    }

    async fn settle(&mut self) {
        while !self.core.is_quiet() {
            self.answer();
            yield_now().await;
        }
        settle(&self.core).await;
    }

    async fn anything(&mut self) {
        match self.random.random_range(0..100) {
            0..25 => self.publish_anything(),
            25..45 => self.append(),
            45..65 => self.bring(),
            65..68 => self.skip(),
            68..73 => self.trim(),
            73..80 => self.find(),
            80..90 => self.answer(),
            90..97 => self.settle_and_look().await,
            _ => {}
        }
        for _ in 0..self.random.random_range(0..4) {
            yield_now().await;
        }
    }

    async fn settle_and_look(&mut self) {
        self.settle().await;
        self.look().await;
        self.settle().await;
    }

    /// The log has and brings everything, and loses some of it.
    async fn ends(&mut self) {
        while !self.waiting.is_empty() || self.brought < self.log.len() {
            match self.random.random_range(0..10) {
                0 => self.settle().await,
                1 => self.trim(),
                2..5 => self.append(),
                _ => self.bring(),
            }
        }
        self.settle().await;
    }

    /// Orders are found apart from the log.
    async fn finds(&mut self, marks: impl FnOnce(&Self) -> Vec<u64>) {
        let orders = self.orders.clone();
        for mark in marks(self) {
            if orders.contains(&mark) {
                self.tell(mark);
            }
        }
        self.settle().await;
    }
}

fn end() -> Message {
    Message::Disconnect {
        user: Some("ana".into()),
        close: Close::new(CloseCode::REVOKED, "over"),
    }
}

/// Each order closes the connection that is there, if any, and no later one.
async fn follow(seed: u64) {
    let mut world = World::new(seed).await;
    for _ in 0..STEPS {
        world.anything().await;
    }
    world.settle_and_look().await;
    // Whoever is there is closed by this one, whatever comes behind it.
    world.publish([end()].into());
    for _ in 0..world.random.random_range(0..4) {
        world.publish([world.too_much.clone()].into());
    }
    world.ends().await;
    world.finds(|world| world.skipped.clone()).await;
    let story = world.story.join("\n");
    if let Some(ana) = &world.ana {
        assert!(ana.outbox.closing().is_some(), "she stays:\n{story}");
    }
    world.look().await;
    if world.ana.is_none() {
        world.look().await;
    }
    world.settle().await;
    // They are found once more, or for the first time.
    world.finds(|world| world.orders.clone()).await;
    let ana = world.ana.as_ref().unwrap();
    let story = world.story.join("\n");
    assert_eq!(ana.outbox.closing(), None, "closed again:\n{story}");
    let (closed, orders) = (world.closed, world.orders.len());
    assert!(closed <= orders, "{closed} by {orders} orders:\n{story}");
}

#[test]
fn whoever_is_to_be_disconnected_is_so_once_whatever_is_dropped_and_lost() {
    for seed in seeds() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(follow(seed.0));
    }
}
