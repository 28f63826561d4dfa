//! The server over real sockets: what the protocol and the documentation promise of a connection's life.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that is surprised ends there"
)]

mod bad_input;
mod channels;
mod closing;
mod life;
mod order;
mod requests;
mod resume;
mod shutdown;
mod slow_client;
mod stage;
mod upgrade;
