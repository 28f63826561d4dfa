//! Contracts: the events of both directions under one name, and their export as a file.
//!
//! The file is all that clients and their generators need to know about a server. Its format is described in
//! `schemas/README.md` of this repository.

mod correct;
mod current;
mod declare;
mod definitions;
mod file;
mod hash;
mod identity;
mod routes;
mod rules;
mod samples;
mod schema;
mod traits;
mod trials;

pub use current::assert_current;
pub use declare::assert_contract_name;
pub use file::{ContractError, contract_file, contract_hash};
pub use samples::{samples, write_samples};
pub use traits::Contract;
