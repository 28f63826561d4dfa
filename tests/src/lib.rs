//! What the suites of this package share: a server on a free port, clients that speak to it over real sockets, the deadline
//! within which everything is waited for, and the source files that some of them read.
//!
//! Nothing here knows a contract, and nothing sleeps: a test waits for the event itself.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]

mod alone;
mod deadline;
mod files;
mod http;
mod peer;
mod raw;
mod served;
mod sources;

pub use alone::is_alone;
pub use deadline::{DEADLINE, within};
pub use files::allow_many_files;
pub use http::{Answer, ask, upgrade};
pub use peer::{Closed, Peer};
pub use raw::{Frame, Opcode, RawPeer, RawReader, RawWriter};
pub use served::{Served, Transport, serve, serve_over, serve_with_addresses};
pub use sources::sources;
