//! Errors on a connection.

use std::error::Error;
use std::fmt;

use super::{HandlerError, SendError};
use crate::protocol::{Close, ErrorCode};

/// An error on a connection, as passed to [`on_error`](crate::handler::HandlersBuilder::on_error).
#[derive(Debug)]
pub struct ClientError {
    kind: ClientErrorKind,
    event: Option<String>,
    message: String,
}

/// The kind of a [`ClientError`].
///
/// Its text includes the error that a handler failed with, and its [`source`](Error::source) is the cause of that
/// error, so reporting an error together with its sources repeats nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientErrorKind {
    /// The client sent something that it should not have sent, and was answered with this code.
    Refused {
        /// The code that the client was sent.
        code: ErrorCode,
        /// What was wrong.
        detail: String,
    },
    /// The client violated the WebSocket protocol or one of its limits, and its connection is closed with this code.
    Closed(Close),
    /// A handler, or the hook `on_connected`, failed.
    Failed(HandlerError),
    /// A handler or a hook panicked with this message.
    Panicked(String),
    /// A handler or a hook did not finish in time, and was dropped.
    TimedOut,
    /// The reply or the declared error of a request does not serialize.
    NotEncoded(String),
    /// The reply or the declared error of a request was not sent.
    NotSent(SendError),
}

impl fmt::Display for ClientErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, detail } => {
                write!(f, "the message was refused with {code}: {detail}")
            }
            Self::Closed(close) => write!(f, "the connection was closed with {close}"),
            Self::Failed(error) => write!(f, "the handler failed: {error}"),
            Self::Panicked(message) => write!(f, "the handler panicked: {message}"),
            Self::TimedOut => f.write_str("the handler did not finish in time"),
            Self::NotEncoded(error) => write!(f, "the answer cannot be serialized: {error}"),
            Self::NotSent(error) => write!(f, "the answer was not sent: {error}"),
        }
    }
}

impl Error for ClientErrorKind {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::NotSent(error) => error.source(),
            Self::Refused { .. }
            | Self::Closed(_)
            | Self::Panicked(_)
            | Self::TimedOut
            | Self::NotEncoded(_) => None,
        }
    }
}

impl ClientErrorKind {
    /// Whether the server has not done what it should, rather than the client.
    pub(crate) fn is_fault_of_server(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Closed(_) => false,
            Self::Failed(_)
            | Self::Panicked(_)
            | Self::TimedOut
            | Self::NotEncoded(_)
            | Self::NotSent(_) => true,
        }
    }
}

impl ClientError {
    /// The maximum length of the [`message`](Self::message), in bytes.
    pub const LONGEST_MESSAGE: usize = 1024;

    /// The maximum length of the [`event`](Self::event), in bytes: the longest name that an event may have in a
    /// contract.
    pub const LONGEST_EVENT: usize = 128;

    pub(crate) fn new(kind: ClientErrorKind, event: Option<&str>, message: &str) -> Self {
        Self {
            kind,
            event: event.map(|event| cut(event, Self::LONGEST_EVENT)),
            message: cut(message, Self::LONGEST_MESSAGE),
        }
    }

    /// Returns what went wrong.
    pub fn kind(&self) -> &ClientErrorKind {
        &self.kind
    }

    /// Returns the event's name, if it is known.
    ///
    /// The name may also be one that the client made up. It is truncated to [`LONGEST_EVENT`](Self::LONGEST_EVENT)
    /// bytes.
    pub fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// Returns the message that caused the error, truncated to [`LONGEST_MESSAGE`](Self::LONGEST_MESSAGE) bytes.
    ///
    /// It is empty if no message caused the error, or if the message was not text.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.event {
            Some(event) => write!(f, "{event}: {}", self.kind),
            None => fmt::Display::fmt(&self.kind, f),
        }
    }
}

/// The source is the cause of what went wrong, as that of [`ClientErrorKind`] is.
impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
    }
}

/// The beginning of a text, which ends between two characters.
fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("it is not saved")]
    struct NotSaved(#[source] std::io::Error);

    /// The error and its causes, as who reports them writes them.
    fn report(error: &dyn Error) -> Vec<String> {
        let errors = std::iter::successors(Some(error), |error| (*error).source());
        errors.map(ToString::to_string).collect()
    }

    #[test]
    fn a_report_of_what_a_handler_failed_with_has_its_causes_and_nothing_twice() {
        let failed = HandlerError::from(NotSaved(std::io::Error::other("the disk is full")));
        let error = ClientError::new(ClientErrorKind::Failed(failed), Some("a.b"), "{}");
        let reported = [
            "a.b: the handler failed: it is not saved",
            "the disk is full",
        ];
        assert_eq!(report(&error), reported);
        assert_eq!(report(error.kind())[1..], reported[1..]);
    }

    #[test]
    fn what_a_handler_fails_with_may_be_boxed_already() {
        let boxed: Box<dyn Error + Send + Sync> = NotSaved(std::io::Error::other("…")).into();
        let error = HandlerError::from(boxed);
        assert!(error.get_ref().is::<NotSaved>());
        assert!(
            error
                .source()
                .is_some_and(|cause| cause.is::<std::io::Error>())
        );
        assert!(error.into_inner().downcast::<NotSaved>().is_ok());
    }

    #[test]
    fn a_name_that_a_client_made_up_is_cut_between_two_characters() {
        let name = "ü".repeat(60_000);
        let error = ClientError::new(ClientErrorKind::TimedOut, Some(&name), &name);
        assert_eq!(
            error.event().map(str::len),
            Some(ClientError::LONGEST_EVENT)
        );
        assert_eq!(error.message().len(), ClientError::LONGEST_MESSAGE);
        let error = ClientError::new(ClientErrorKind::TimedOut, Some(&format!("a{name}")), "");
        assert_eq!(
            error.event().map(str::len),
            Some(ClientError::LONGEST_EVENT - 1)
        );
    }
}
