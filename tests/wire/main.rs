//! The wire protocol over real sockets: its page executed, and every kind of bad input.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]

mod contract;
mod examples;
mod fault;
mod frame;
mod life;
mod limits;
mod message;
mod opening;
mod origin;
mod schema;
mod server;
