//! Handlers: their registration, which the compiler checks for completeness, and the table that dispatches to them.
//!
//! This module knows clients as what handlers are given, and nothing about sockets.

mod decode;
mod event_handlers;
mod handlers;
mod hooks;
mod outcome;
mod route;

#[cfg(feature = "bench")]
pub(crate) use decode::decode;
pub use event_handlers::{EventHandlers, EventHandlersBuilder};
pub use handlers::{Handlers, HandlersBuilder};
pub use outcome::HandlerReturn;
#[doc(hidden)]
pub use outcome::Outcome;
pub(crate) use route::Route;
