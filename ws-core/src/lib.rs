//! Typed events over WebSockets: the Rust types are the contract.

pub mod contract;
pub mod error;
pub mod event;
pub mod protocol;

pub use contract::Contract;
pub use error::{HandlerError, Violation};
pub use event::WsEvent;
pub use protocol::{Close, CloseCode};
pub use ws_macros::WsEvent;

/// For generated code only: not a public interface, and free to change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::assert_contract_name;
    pub use crate::error::Violation;
    pub use crate::event::*;
}
