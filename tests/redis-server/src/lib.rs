//! Real Redis servers on the loopback, each a process of its own that ends with the value that stands for it.
//!
//! Knows nothing of what is stored there. Everything blocks: a server is there within milliseconds.
//!
//! `REDIS_SERVER` names another program than `redis-server`, for instance one of another version, or `valkey-server`.
//!
//! A server that cannot be started is no reason to leave out a test: [`RedisServer::start`] says what to install.

mod cluster;
mod port;
mod process;
mod sentinel;
mod talk;

pub use cluster::RedisCluster;
pub use port::free_port;
pub use process::{RedisServer, StartError, program};
pub use sentinel::RedisSentinel;
