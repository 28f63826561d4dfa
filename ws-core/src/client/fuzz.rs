//! Whatever is sent, by whomever and in whatever order, comes to a client that reads: no write is left to nobody.
//!
//! See [`seeds`](crate::seeds) for how long, and how to repeat a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use futures_util::FutureExt;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, DuplexStream, duplex, split};

use super::common::Common;
use super::outbox::{Outbox, Written};
use crate::limits::Limits;
use crate::protocol::{Close, CloseCode, Encoded};
use crate::seeds::seeds;
use crate::websocket::{ByteStream, Output};

/// The connection's task, as far as it is woken.
#[derive(Default)]
struct Task(AtomicBool);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Case {
    random: SmallRng,
    outbox: Outbox,
    task: Arc<Task>,
    /// Somebody was told to flush, and has not yet.
    is_to_be_flushed: bool,
    client: DuplexStream,
    number: u32,
    /// What was given to the outbox, and what has come out of it.
    sent: Vec<u8>,
    come: Vec<u8>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let (server, client) = duplex(random.random_range(1..300));
        let (reader, writer) = split(Box::new(server) as Box<dyn ByteStream>);
        // Kept by nobody: what matters here is what is written.
        drop(reader);
        let limits = Limits::default().with_outbox_bytes(random.random_range(200..3_000));
        Self {
            outbox: Outbox::new(Common::for_tests(limits), Some(Output::Stream(writer))),
            task: Arc::default(),
            is_to_be_flushed: false,
            client,
            number: 0,
            sent: Vec::new(),
            come: Vec::new(),
            random,
        }
    }

    fn message(&mut self) -> Encoded {
        let length = self.random.random_range(0..150);
        self.number += 1;
        let message = Encoded::from(format!("{} {}", self.number, "x".repeat(length)));
        self.sent.extend_from_slice(message.frame());
        message
    }

    fn sends(&mut self) {
        if !self.outbox.is_open() {
            return;
        }
        if self.random.random() {
            let message = self.message();
            drop(self.outbox.push(message));
        } else {
            let count = self.random.random_range(1..5);
            let messages: Vec<_> = (0..count).map(|_| self.message().into()).collect();
            self.is_to_be_flushed |= self.outbox.enlist(messages);
        }
    }

    /// The connection's task has its turn. `true` where it goes on.
    fn works(&mut self) -> bool {
        self.task.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.task));
        self.outbox.hold(&Context::from_waker(&waker));
        for _ in 0..self.random.random_range(0..3) {
            self.sends();
        }
        match self.outbox.release() {
            Written::Everything | Written::Blocked { .. } => true,
            Written::Close(_) => false,
            Written::Lost => panic!("the stream does not fail"),
        }
    }

    fn flushes(&mut self) {
        self.is_to_be_flushed = false;
        self.outbox.flush();
    }

    /// The client reads, at most so much. `false` where there is nothing.
    fn reads(&mut self, most: usize) -> bool {
        let mut bytes = vec![0; most];
        let read = self.client.read(&mut bytes).now_or_never();
        let read = read.map_or(0, Result::unwrap);
        self.come.extend_from_slice(&bytes[..read]);
        read > 0
    }

    fn run(&mut self) {
        // The first turn comes by itself.
        let mut is_at_work = self.works();
        for _ in 0..self.random.random_range(0..60) {
            match self.random.random_range(0..8) {
                0..3 => self.sends(),
                3 if self.is_to_be_flushed => self.flushes(),
                4 if is_at_work => is_at_work = self.works(),
                5 if self.random.random_range(0..10) == 0 => {
                    self.outbox.close(None, Close::normal());
                }
                _ => {
                    let most = self.random.random_range(1..200);
                    self.reads(most);
                }
            }
        }
        // From now on everybody does what they are asked for, and the client reads.
        loop {
            if self.is_to_be_flushed {
                self.flushes();
            } else if is_at_work && self.task.0.load(Ordering::SeqCst) {
                is_at_work = self.works();
            } else if !self.reads(100) {
                break;
            }
        }
        let closing = self.outbox.closing();
        assert_eq!(closing.is_some(), !is_at_work, "its close is carried out");
        let rest = self.outbox.end().bytes();
        self.come.extend_from_slice(&rest);
        let is_slow = closing.is_some_and(|close| close.code() == CloseCode::SLOW_CONSUMER);
        let expected = match is_slow {
            // What was dropped is the end of it.
            true => self.sent.get(..self.come.len()).unwrap_or_default(),
            false => {
                assert!(!is_at_work || rest.is_empty(), "nobody writes {rest:?}");
                &self.sent
            }
        };
        assert!(self.come == expected, "something is missing or torn");
    }
}

#[test]
fn what_is_sent_comes_to_a_client_that_reads_whoever_writes_it() {
    for seed in seeds() {
        Case::new(seed.0).run();
    }
}
