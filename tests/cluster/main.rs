//! Nodes that are connected by Redis: real servers, real sockets, and the faults that befall them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]

mod clock;
mod configuration;
mod connections;
mod data;
mod deploy;
mod disconnect;
mod documented;
mod names;
mod presence;
mod process;
mod proxy;
mod replicas;
mod sentinel;
mod shards;
mod slow;
mod stage;
mod storm;
mod supersede;
