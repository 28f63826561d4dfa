//! A server: its handlers, its bounds, and the connections that it has at the moment.
//!
//! Knows sockets as streams of bytes that were upgraded before, and nothing of HTTP.

mod calls;
mod connection;
mod dispatch;
mod handle;
mod limits;
mod socket;

pub use handle::Server;
pub use limits::Limits;
