//! Real Redis servers on the loopback, each a process of its own that ends with the value that stands for it.
//!
//! Knows nothing of what is stored there. Everything blocks: a server is there within milliseconds.
//!
//! A server that cannot be started is no reason to leave out a test: [`RedisServer::start`] says what to install.

mod cluster;
mod process;
mod talk;

pub use cluster::RedisCluster;
pub use process::{RedisServer, StartError};
