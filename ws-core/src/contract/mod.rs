//! A contract: the events of both directions under one name, and its export as a file.

mod traits;

pub use traits::Contract;
