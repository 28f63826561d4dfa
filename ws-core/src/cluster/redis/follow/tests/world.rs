//! The state machine alone, in a world in which every doubt befalls it, in any order.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::super::*;
use super::{frame, frames_of};

/// A log, and what happens to it and to those who follow it.
struct World {
    random: StdRng,
    log: Vec<Frame>,
    seq: u64,
    follow: Follow,
    /// What was asked for.
    request: Option<ReadRequest>,
    delivered: Vec<Position>,
    /// For each position that was ever in the log, what the application is to have been given, or told of.
    published: Vec<Position>,
    lost: Vec<Position>,
    gaps: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            random: StdRng::seed_from_u64(seed),
            log: vec![frame(1000, 1)],
            seq: 1000,
            follow: Follow::new(50),
            request: None,
            delivered: Vec::new(),
            published: Vec::new(),
            lost: Vec::new(),
            gaps: 0,
        };
        world.step(Input::Subscribed);
        world.read();
        world
    }

    fn step(&mut self, input: Input) {
        for output in self.follow.step(input) {
            match output {
                Output::Read(request) => self.request = Some(request),
                Output::Deliver(frame) => {
                    let last = frame.last.unwrap();
                    let mut delivered = self.delivered.iter();
                    let is_new = delivered.all(|before| before.mark != last.mark);
                    assert!(is_new, "{last:?} was delivered twice");
                    let before = self.delivered.last().map_or(0, |before| before.seq);
                    assert!(before < last.seq || self.gaps > 0, "out of order");
                    self.delivered.push(last);
                }
                Output::Gap { .. } => self.gaps += 1,
                Output::Opened | Output::Distrust => {}
            }
        }
    }

    /// Answers the last request, as the log does.
    fn read(&mut self) {
        let Some(request) = self.request.take() else {
            return;
        };
        const PAGE: usize = 7;
        let page = |from: u64| -> Vec<Frame> {
            let behind = self
                .log
                .iter()
                .filter(|frame| frame.last.unwrap().seq >= from);
            behind.take(PAGE).cloned().collect()
        };
        let result = match request.from {
            None => Reading::Newest(self.log.last().unwrap().clone()),
            Some(from) => {
                let frames = page(from.seq);
                let more = frames.len() == PAGE;
                if frames.first().is_some_and(|first| first.contains(from)) {
                    Reading::Continues { frames, more }
                } else {
                    let why = GapReason::Reset;
                    let frames = page(request.oldest);
                    let more = frames.len() == PAGE;
                    match self.log.last() {
                        Some(newest) if frames.is_empty() => Reading::Elsewhere {
                            why,
                            newest: newest.clone(),
                        },
                        _ => Reading::Broken { why, frames, more },
                    }
                }
            }
        };
        let reading = request.reading;
        self.step(Input::Read { reading, result });
    }

    fn publish(&mut self) {
        let count = self.random.random_range(1..4);
        let mark = self.random.random();
        self.append(count, mark);
    }

    /// The publisher of something that the log has lost appends it again, above where it was.
    fn publish_again(&mut self) {
        let place = self.random.random_range(0..8);
        if place < self.lost.len() {
            let lost = self.lost.swap_remove(place);
            self.seq = self.seq.max(lost.seq);
            self.append(1, lost.mark);
        }
    }

    /// The log loses what is behind its first entries, of which the last may be published again.
    fn lose_behind(&mut self, kept: usize) {
        let lost = self.log.split_off(kept);
        self.lost = lost
            .iter()
            .rev()
            .take(8)
            .filter_map(|frame| frame.last)
            .collect();
    }

    fn append(&mut self, count: usize, mark: u64) {
        self.seq += count as u64;
        let frame = frames_of(self.seq, mark, count);
        self.published.push(frame.last.unwrap());
        self.log.push(frame.clone());
        // Pushes come late, twice, or never.
        for _ in 0..self.random.random_range(0..3) {
            self.step(Input::Pushed(frame.clone()));
        }
    }

    fn anything(&mut self) {
        match self.random.random_range(0..20) {
            0 => self.step(Input::Unsubscribed),
            1 => self.step(Input::Subscribed),
            2..=4 => self.read(),
            5 => {
                let kept = self.random.random_range(1..=self.log.len());
                self.log.drain(..self.log.len() - kept);
            }
            6 => {
                // The log goes back, and grows in another way: it is that of another server, to which the subscription was
                // not.
                self.step(Input::Unsubscribed);
                let kept = self.random.random_range(1..=self.log.len());
                self.lose_behind(kept);
                self.seq = self.log.last().unwrap().last.unwrap().seq;
            }
            7 => {
                self.seq += 1_000_000;
                self.lose_behind(0);
                self.log = vec![frame(self.seq, self.random.random())];
            }
            8 => self.publish_again(),
            9 | 10 => self.step(Input::Head(Some(self.seq))),
            _ => self.publish(),
        }
    }

    /// Lets everything come to rest.
    fn settle(&mut self) {
        self.step(Input::Unsubscribed);
        self.step(Input::Subscribed);
        for _ in 0..1000 {
            if self.request.is_none() {
                break;
            }
            self.read();
        }
        assert!(self.follow.is_live(), "it does not come to rest");
        assert_eq!(self.follow.at(), self.log.last().unwrap().last);
    }
}

#[test]
fn whatever_happens_nothing_comes_twice_and_what_is_missing_was_told() {
    for seed in 0..500 {
        let mut world = World::new(seed);
        for _ in 0..200 {
            world.anything();
        }
        world.settle();
        let delivered: BTreeSet<(u64, u64)> = world
            .delivered
            .iter()
            .map(|last| (last.seq, last.mark))
            .collect();
        let missing = world.published.iter();
        let missing = missing.filter(|last| !delivered.contains(&(last.seq, last.mark)));
        assert!(
            world.gaps > 0 || missing.count() == 0,
            "seed {seed}: something is missing, and nobody was told"
        );
    }
}

#[test]
fn a_log_that_is_only_read_late_is_delivered_whole() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        for _ in 0..200 {
            match world.random.random_range(0..8) {
                0 => world.step(Input::Unsubscribed),
                1 => world.step(Input::Subscribed),
                2 => world.read(),
                3 => world.step(Input::Head(Some(world.seq))),
                _ => world.publish(),
            }
        }
        world.settle();
        assert_eq!(world.gaps, 0, "seed {seed}");
        assert_eq!(world.delivered, world.published, "seed {seed}");
    }
}
