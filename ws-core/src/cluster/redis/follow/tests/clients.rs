//! A client that goes from node to node while the log goes back, again and again: it is given everything that the log has, once,
//! and is told what that lost.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::super::*;
use super::frame;
use crate::cluster::Message;

const PAGE: usize = 5;

/// Two nodes that follow a log, and a client of them.
struct World {
    random: StdRng,
    log: Vec<Frame>,
    nodes: [Follow; 2],
    orders: [Option<ReadRequest>; 2],
    /// Whether each node always hears what there is before the log goes back.
    is_heard: bool,
    at: Position,
    given: Vec<Position>,
    /// What was in the log when the client was told a gap last, or came.
    told: Vec<Position>,
    /// The ends of the gaps that it was told.
    gaps: Vec<Position>,
    /// How often it was told a gap up to the head.
    broken: usize,
}

impl World {
    fn new(seed: u64, is_heard: bool) -> Self {
        let first = frame(1000, 1);
        let at = first.last.unwrap();
        let mut world = Self {
            random: StdRng::seed_from_u64(seed),
            log: vec![first],
            nodes: [Follow::new(20), Follow::new(1000)],
            orders: [None; 2],
            is_heard,
            at,
            given: Vec::new(),
            told: vec![at],
            gaps: Vec::new(),
            broken: 0,
        };
        for node in 0..2 {
            world.step(node, Input::Subscribed);
            world.sync(node);
        }
        world
    }

    fn step(&mut self, node: usize, input: Input) {
        for output in self.nodes[node].step(input) {
            if let Output::Read(order) = output {
                self.orders[node] = Some(order);
            }
        }
    }

    fn page(&self, from: u64) -> (Vec<Frame>, bool) {
        let behind = self
            .log
            .iter()
            .filter(|frame| frame.last.unwrap().seq >= from);
        let page: Vec<Frame> = behind.take(PAGE).cloned().collect();
        let is_last =
            page.last().map(|frame| frame.last) == self.log.last().map(|frame| frame.last);
        let more = page.len() == PAGE && !is_last;
        (page, more)
    }

    /// A node reads what it is to read.
    fn sync(&mut self, node: usize) {
        while let Some(order) = self.orders[node].take() {
            let newest = self.log.last().unwrap().clone();
            let result = match order.from {
                None => Reading::Newest(newest),
                Some(from) => match self.page(from.seq) {
                    (frames, more) if frames.first().is_some_and(|first| first.contains(from)) => {
                        Reading::Continues { frames, more }
                    }
                    _ => match self.page(order.oldest) {
                        (frames, _) if frames.is_empty() => Reading::Elsewhere {
                            why: GapReason::Forked,
                            newest,
                        },
                        (frames, more) => Reading::Broken {
                            why: GapReason::Forked,
                            frames,
                            more,
                        },
                    },
                },
            };
            let reading = order.reading;
            self.step(node, Input::Read { reading, result });
        }
    }

    fn publish(&mut self) {
        let seq = self.log.last().unwrap().last.unwrap().seq + 1;
        let mark = self.random.random_range(2..u64::MAX);
        let frame = match self.random.random_ratio(1, 8) {
            // Somebody has found that the log has lost something, and writes that.
            true => Frame::logged(Position { seq, mark }, [Message::Gap]),
            false => frame(seq, mark),
        };
        self.log.push(frame.clone());
        for node in 0..2 {
            if self.is_heard || self.random.random_bool(0.7) {
                self.step(node, Input::Pushed(frame.clone()));
            }
            if self.random.random_bool(0.7) {
                self.sync(node);
            }
        }
    }

    /// The log goes back, and each node notices sooner or later.
    fn goes_back(&mut self) {
        for node in 0..2 {
            if self.is_heard {
                self.sync(node);
            }
            self.step(node, Input::Unsubscribed);
        }
        let lost = self.random.random_range(0..6);
        let kept = self.log.len().saturating_sub(lost).max(1);
        self.log.truncate(kept);
        for node in 0..2 {
            self.step(node, Input::Subscribed);
            self.sync(node);
        }
    }

    /// What the client is told that asks a node, as `Node::recover` finds it out.
    fn recover(&mut self, node: usize) -> Recovery {
        loop {
            if let Some(recovery) = self.nodes[node].after(self.at) {
                return recovery;
            }
            let from = self.nodes[node].resolve(self.at);
            let head = self.nodes[node].at().unwrap();
            let (frames, more) = self.page(from.seq);
            let is_there = frames.first().is_some_and(|first| first.contains(from));
            if !is_there {
                let why = GapReason::Forked;
                return Recovery::Broken { why, head };
            }
            let last = frames.last().unwrap().last.unwrap();
            let is_same = more && last.seq < head.seq
                || from.seq > head.seq
                || frames.iter().any(|frame| frame.contains(head));
            if is_same {
                return self.nodes[node].divide(from, frames, more);
            }
            self.step(node, Input::Doubted(head));
            self.sync(node);
        }
    }

    /// The client goes to a node, and is given what it missed.
    fn visit(&mut self, node: usize) {
        // It is not here before that is done.
        self.sync(node);
        for _ in 0..1000 {
            let (frames, more) = match self.recover(node) {
                Recovery::Exact { frames, more } => (frames, more),
                Recovery::Gap {
                    head, frames, more, ..
                } => {
                    self.at = head;
                    self.gaps.push(head);
                    if !self.is_heard {
                        let log = self.log.iter().filter_map(|frame| frame.last);
                        self.told = log.filter(|last| last.seq <= head.seq).collect();
                    }
                    (frames, more)
                }
                Recovery::Broken { head, .. } => {
                    self.at = head;
                    self.told = self.log.iter().filter_map(|frame| frame.last).collect();
                    self.gaps.push(head);
                    self.broken += 1;
                    return;
                }
            };
            for frame in &frames {
                let last = frame.last.unwrap();
                if last.seq > self.at.seq {
                    let is_told = !frame.is_gap() || self.gaps.contains(&self.at);
                    assert!(is_told, "{last:?} is a gap that was not told");
                    assert!(!self.given.contains(&last), "{last:?} was given twice");
                    self.given.push(last);
                    self.at = last;
                }
            }
            if !more {
                return;
            }
        }
        panic!("it is never through");
    }

    /// What it was neither given nor told to be missing. Gaps in the log were told where it came by.
    fn missing(&self) -> Vec<Position> {
        let log = self.log.iter().filter(|frame| !frame.is_gap());
        let log = log.filter_map(|frame| frame.last);
        let known = |last: &Position| self.given.contains(last) || self.told.contains(last);
        log.filter(|last| !known(last)).collect()
    }
}

fn follow(seed: u64, is_heard: bool) -> World {
    let mut world = World::new(seed, is_heard);
    for _ in 0..150 {
        match world.random.random_range(0..12) {
            0 => world.goes_back(),
            1..=3 => {
                let node = world.random.random_range(0..2);
                world.visit(node);
            }
            4 => {
                let node = world.random.random_range(0..2);
                world.sync(node);
            }
            _ => world.publish(),
        }
    }
    for node in 0..2 {
        world.step(node, Input::Subscribed);
        world.sync(node);
    }
    let node = world.random.random_range(0..2);
    world.visit(node);
    world
}

#[test]
fn who_moves_between_nodes_that_hear_everything_is_given_all_that_the_log_has_however_often_it_goes_back()
 {
    for seed in 0..500 {
        let world = follow(seed, true);
        assert_eq!(world.broken, 0, "seed {seed}");
        let missing = world.missing();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
    }
}

#[test]
fn who_moves_between_nodes_that_miss_something_is_given_nothing_twice_and_told_what_is_missing() {
    let mut broken = 0;
    for seed in 0..500 {
        let world = follow(seed, false);
        let missing = world.missing();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
        broken += world.broken;
    }
    assert!(broken > 0, "what a node has not heard it cannot verify");
}
