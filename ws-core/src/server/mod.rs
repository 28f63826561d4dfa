//! A server: its handlers, and the connections that it has at the moment.
//!
//! Knows sockets as streams of bytes that were upgraded before, and nothing of HTTP.

mod addresses;
mod admission;
mod answers;
#[cfg(feature = "bench")]
mod bench;
mod budget;
mod calls;
mod checks;
mod connection;
mod dispatch;
mod farewell;
mod faults;
mod handle;
mod live;
mod rates;
mod refusals;
mod registry;
mod shared;
mod sweep;

#[cfg(feature = "bench")]
pub use bench::Socketless;
pub use handle::Server;
