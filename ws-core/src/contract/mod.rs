//! A contract: the events of both directions under one name, and its export as a file.

mod declare;
mod traits;

pub use declare::assert_contract_name;
pub use traits::Contract;
