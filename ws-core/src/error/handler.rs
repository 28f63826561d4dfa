//! What handlers fail with.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::RegisterError;

/// The error of a handler: any error, made opaque.
///
/// The error is passed to [`on_error`](crate::handler::HandlersBuilder::on_error) or logged. The peer of a request is
/// only sent `ws.internal`, because details of failures are not for peers. What a peer should know belongs in the
/// declared `error` of the request.
///
/// Every type that implements [`Error`] converts into `HandlerError`, so `?` works in handlers. So does everything that
/// converts into a boxed error, such as `anyhow::Error`, a `String`, or a boxed error itself:
///
/// ```
/// use std::error::Error;
/// use ws_core::HandlerError;
///
/// fn save(name: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
///     # let _ = name;
///     Err("the disk is full".into())
/// }
///
/// fn handle(name: &str) -> Result<(), HandlerError> {
///     if name.is_empty() {
///         return Err("nobody has no name".into());
///     }
///     Ok(save(name)?)
/// }
///
/// assert_eq!(handle("").unwrap_err().to_string(), "nobody has no name");
/// assert_eq!(handle("ana").unwrap_err().to_string(), "the disk is full");
/// ```
///
/// The handler of a request that declares an `error` returns `Result<Result<R, E>, HandlerError>` if it can fail in another
/// way, too. Then `?` returns the failure, and the inner `Result` is the answer to the peer:
///
/// ```
/// use ws_core::HandlerError;
///
/// #[derive(Debug, PartialEq)]
/// enum LoadError {
///     NotFound,
/// }
///
/// /// What a database stores under a name, as text.
/// fn read(name: &str) -> Option<&str> {
///     # match name { "two" => Some("2"), "damaged" => Some("?"), _ => None }
/// }
///
/// fn load(name: &str) -> Result<Result<u32, LoadError>, HandlerError> {
///     let Some(text) = read(name) else {
///         return Ok(Err(LoadError::NotFound)); // the peer is told
///     };
///     Ok(Ok(text.parse()?)) // an error goes to `on_error`, and the peer is told `ws.internal`
/// }
///
/// assert_eq!(load("two").unwrap(), Ok(2));
/// assert_eq!(load("nothing").unwrap(), Err(LoadError::NotFound));
/// assert_eq!(load("damaged").unwrap_err().to_string(), "invalid digit found in string");
/// ```
pub struct HandlerError(Box<dyn Error + Send + Sync>);

impl HandlerError {
    /// Creates an error from a message.
    ///
    /// ```
    /// use ws_core::HandlerError;
    ///
    /// assert_eq!(HandlerError::new("the room is closed").to_string(), "the room is closed");
    /// ```
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into().into())
    }

    /// Returns a reference to the wrapped error, which can be downcast with `downcast_ref`.
    ///
    /// ```
    /// use std::io;
    /// use ws_core::HandlerError;
    ///
    /// let error = HandlerError::from(io::Error::from(io::ErrorKind::NotFound));
    /// assert!(error.get_ref().is::<io::Error>());
    /// ```
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }

    /// Returns the wrapped error, for example to pass it to an error reporter.
    ///
    /// ```
    /// use std::io;
    /// use ws_core::HandlerError;
    ///
    /// let error = HandlerError::from(io::Error::from(io::ErrorKind::NotFound));
    /// let error = error.into_inner().downcast::<io::Error>()?;
    /// assert_eq!(error.kind(), io::ErrorKind::NotFound);
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }

    /// Returns the cause of the wrapped error, as [`Error::source`] does.
    ///
    /// `HandlerError` does not implement [`Error`] itself, because it converts from every type that does.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }

    /// Whether a registration was refused for a name, which it always will be.
    pub(crate) fn is_of_a_name(&self) -> bool {
        let first: &(dyn Error + 'static) = &*self.0;
        let mut causes = std::iter::successors(Some(first), |error| (*error).source());
        causes.any(|error| {
            matches!(
                error.downcast_ref(),
                Some(RegisterError::UserId { .. } | RegisterError::ChannelName { .. })
            )
        })
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self(error.into())
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
