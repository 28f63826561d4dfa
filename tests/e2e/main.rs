//! End to end: servers, clients and channels over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]

use peak_alloc::PeakAlloc;

/// Counts the bytes that are in use.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

mod contract;
mod handlers;
mod node;

mod channels;
mod deployment;
mod footprint;
mod hooks;
mod joined_later;
mod metrics;
mod order;
mod payloads;
mod presence;
mod requests;
mod resume;
mod shutdown;
mod slow;
mod supersede;
mod token;
mod trace;
mod transport;
