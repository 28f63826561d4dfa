//! What can fail, one type per operation.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// What a handler failed with: any error, made opaque.
///
/// It goes to [`on_error`](crate::Handlers::on_error) and to the log. The peer of a request is told `ws.internal`, and
/// nothing else: details of failures are not for peers. What a peer should know is a request's declared `error`.
///
/// Every type that implements [`Error`] converts into it, so that `?` works in handlers.
pub struct HandlerError(Box<dyn Error + Send + Sync>);

impl HandlerError {
    /// An error that is only a sentence.
    ///
    /// ```
    /// use ws_core::HandlerError;
    ///
    /// assert_eq!(HandlerError::new("the room is closed").to_string(), "the room is closed");
    /// ```
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into().into())
    }

    /// The error itself.
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A payload that does not fit its type, or breaks a limit that the type declares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at `{pointer}`")]
pub struct Violation {
    /// Where, as a JSON pointer (RFC 6901) into `data`; empty for the whole payload.
    pub pointer: String,
    /// What was expected.
    pub message: String,
}
