//! The load generator: one thread, raw epoll, frames that are built once. Knows servers by their address and their dialect
//! only, and holds each to what it owes: every message comes back in whole, once, to whom it belongs.

mod crowd;
mod dialect;
pub(crate) mod frame;
mod pace;
mod peer;
mod progress;
mod rounds;

pub use crowd::Crowd;
pub use dialect::{Dialect, ENGINE_IO, PLAIN, SESSION};
pub use pace::paced;
pub use rounds::{Lap, Latencies, echo, fan_out};

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The operating system did not do what it was asked for.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The server did not do what it was asked for.
    #[error("{0}")]
    Wrong(String),
}

impl From<rustix::io::Errno> for LoadError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Io(errno.into())
    }
}

/// What a server did wrong, as a sentence.
pub(crate) fn wrong<T>(sentence: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Wrong(sentence.into()))
}
