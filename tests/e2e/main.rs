//! End to end: servers, clients and channels over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]

mod contract;
mod handlers;
mod node;

mod channels;
mod hooks;
mod metrics;
mod order;
mod presence;
mod requests;
mod resume;
mod shutdown;
mod slow;
mod supersede;
mod token;
mod trace;
