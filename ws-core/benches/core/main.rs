//! What one message costs without the kernel: `cargo bench -p ws-core`, and with handles of metrics that nobody reads:
//! `cargo bench -p ws-core --features metrics`.
//!
//! What it costs with sockets, beside the physical limit and other servers, is measured by the package `bench`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that does not work stops at once"
)]

mod contract;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use tokio::runtime::Builder;
use tokio::task::yield_now;
use ws_core::bench::{Socketless, decode, encode, envelope, positioned};
use ws_core::{Channel, Cluster};

use crate::contract::{Room, SAY, Say, members, said, server};

fn main() {
    divan::main();
}

/// From text to a payload.
#[divan::bench_group(sample_count = 500, sample_size = 1_000)]
mod decoding {
    use super::*;

    /// The envelope of a message in the usual form, whose payload is not looked at.
    #[divan::bench]
    fn usual_envelope(bencher: Bencher<'_, '_>) {
        bencher
            .counter(BytesCount::of_str(SAY))
            .bench(|| envelope(black_box(SAY)).unwrap());
    }

    /// The envelope of a message in any other form, which is parsed as a whole.
    #[divan::bench]
    fn unusual_envelope(bencher: Bencher<'_, '_>) {
        let text = SAY.replacen('{', "{ ", 1);
        bencher
            .counter(BytesCount::of_str(&text))
            .bench(|| envelope(black_box(&text)).unwrap());
    }

    #[divan::bench]
    fn payload(bencher: Bencher<'_, '_>) {
        let (_, data) = SAY.split_once(r#""data":"#).unwrap();
        let data = data.strip_suffix('}').unwrap();
        bencher
            .counter(BytesCount::of_str(data))
            .bench(|| decode::<Say>(black_box(data)).unwrap());
    }
}

/// From a message to what is sent for it: envelope, payload, limits, handler, answer, outbox.
#[divan::bench(args = [
    ("event", SAY),
    ("request", r#"{"event":"room.sum","data":{"numbers":[1,2,3]},"id":7}"#),
    ("refused", r#"{"event":"room.sum","data":{"numbers":[1,2,"3"]},"id":7}"#),
].map(Case), sample_count = 500, sample_size = 1_000)]
fn dispatch(bencher: Bencher<'_, '_>, Case((_, text)): &Case) {
    let mut client = Socketless::new(&server(), ());
    bencher.bench_local(|| {
        let bytes = client.handle(black_box(text));
        assert_ne!(bytes, 0);
    });
}

/// A message that is handled, under the name that stands in the report.
struct Case((&'static str, &'static str));

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.0)
    }
}

/// From a payload to the frame that is written.
#[divan::bench_group(sample_count = 500, sample_size = 1_000)]
mod encoding {
    use super::*;

    #[divan::bench]
    fn event(bencher: Bencher<'_, '_>) {
        let said = said();
        bencher.bench(|| encode("room.said", black_box(&said)).unwrap());
    }

    /// The place of an event in a channel, written behind it.
    #[divan::bench]
    fn position(bencher: Bencher<'_, '_>) {
        let event = encode("room.said", &said()).unwrap();
        bencher.bench(|| positioned(black_box(&event), "lobby"));
    }
}

/// One event to all members of a channel: encoded, logged, given a position, queued for each, and taken from each queue.
#[divan::bench(args = [1, 10, 100, 1_000, 10_000], sample_count = 1_000, sample_size = 1, max_time = 5)]
fn fan_out(bencher: Bencher<'_, '_>, count: usize) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let channel: Channel<Room> = Cluster::in_memory().channel("lobby");
    let members = runtime.block_on(members(&channel, count));
    let said = said();
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        runtime.block_on(async {
            channel.broadcast(&said).unwrap();
            for member in &members {
                while member.take() == 0 {
                    yield_now().await;
                }
            }
        });
    });
}
