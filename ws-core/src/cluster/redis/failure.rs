//! Why a call has failed, by what is to be done about it.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::connector::Address;
use crate::error::ClusterError;

/// Why a call was not answered as it should have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server cannot be reached, does not answer in time, or cannot serve now. Whether it did what it was asked to is
    /// not known.
    Away(String),
    /// The server is not, or no longer, the one to ask.
    Moved(String),
    /// The server is to be asked this once, while a slot is on its way to another one.
    Ask(Address),
    /// The server has done it, and too few replicas have it as yet.
    Unreplicated(String),
    /// The log does not have what this node had appended before, and takes nothing more of it until that is told.
    Lost,
    /// The server does not know the script.
    Unknown,
    /// The server has understood, and will not.
    Refused(String),
}

impl Failure {
    pub(super) fn timeout(what: &str) -> Self {
        Self::Away(format!("{what} was not answered in time"))
    }

    /// Whether the server itself is well.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// Whether it will be refused again, until somebody changes something in Redis: not where it is a matter of time, because the
    /// memory is full, or replicas or the disk are not there.
    pub(super) fn is_final(&self) -> bool {
        const PASSING: [&str; 3] = ["OOM", "NOREPLICAS", "MISCONF"];
        match self {
            Self::Refused(reason) => !PASSING.iter().any(|code| reason.contains(code)),
            _ => false,
        }
    }

    /// Of two outcomes, the one that may be another one a while later.
    pub(super) fn first_passing(
        one: Result<(), Self>,
        other: Result<(), Self>,
    ) -> Result<(), Self> {
        let is_final = |outcome: &Result<(), Self>| outcome.as_ref().is_err_and(Self::is_final);
        match is_final(&one) && other.is_err() {
            true => other,
            false => one.and(other),
        }
    }

    pub(super) fn nonsense(what: &str) -> Self {
        Self::Refused(format!("the answer to {what} was not understood"))
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::Ask) => match error.redirect_node() {
                Some((node, _)) => {
                    Address::parse(node).map_or_else(|| Self::Moved(text), Self::Ask)
                }
                None => Self::Moved(text),
            },
            ErrorKind::Server(ServerErrorKind::NoScript) => Self::Unknown,
            ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::ReadOnly) => {
                Self::Moved(text)
            }
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown,
            )
            | ErrorKind::Io => Self::Away(text),
            _ if error.code() == Some("LOST") => Self::Lost,
            // A script is answered with the error of the command in it, behind other words.
            _ if text.contains("READONLY") => Self::Moved(text),
            _ => Self::Refused(text),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Away(text)
            | Self::Moved(text)
            | Self::Unreplicated(text)
            | Self::Refused(text) => f.write_str(text),
            Self::Lost => f.write_str("the log has lost what it had acknowledged"),
            Self::Unknown => f.write_str("the server does not know the script"),
            Self::Ask(address) => write!(f, "a slot is moving to {address}"),
        }
    }
}

impl From<Failure> for ClusterError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(format!("Redis: {failure}"))
    }
}
