//! Clients for tests, over real sockets: one that speaks the protocol, and one that speaks bytes.
//!
//! Neither uses the code that it is there to test: both are built on a WebSocket library's client side, or on nothing.
//! Whatever they wait for comes within [`DEADLINE`], or is an error that says what was missing.

mod client;
mod raw;

use std::time::Duration;

use tokio::time::timeout;

pub use client::TestClient;
pub use raw::{RawFrame, RawSocket};

/// How long a test waits for anything.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// What a test waited for did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// It did not happen in time.
    #[error("waited {DEADLINE:?} in vain for {0}")]
    TooLate(&'static str),
    /// The server closed the connection instead.
    #[error("the server closed the connection with {code} ({reason})")]
    Closed {
        /// The code.
        code: u16,
        /// The sentence for people.
        reason: String,
    },
    /// The connection ended without a close.
    #[error("the connection was lost")]
    Lost,
    /// The upgrade was refused.
    #[error("the upgrade was answered {status}: {body}")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// What the response says.
        body: String,
    },
    /// Something came that is not of the protocol, or the socket failed.
    #[error("{0}")]
    Other(String),
}

impl TestError {
    fn other(error: impl ToString) -> Self {
        Self::Other(error.to_string())
    }
}

/// Waits for something, at most for [`DEADLINE`].
pub(crate) async fn within<T>(
    what: &'static str,
    future: impl Future<Output = Result<T, TestError>>,
) -> Result<T, TestError> {
    timeout(DEADLINE, future)
        .await
        .map_err(|_| TestError::TooLate(what))?
}
