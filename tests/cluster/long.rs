//! The faults that take long.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]

mod stage;
