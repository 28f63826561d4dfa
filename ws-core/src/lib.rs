//! Typed events over WebSockets: the Rust types are the contract.

pub mod contract;
pub mod error;
pub mod event;

pub use contract::Contract;
pub use error::{HandlerError, Violation};
pub use event::WsEvent;
