//! What a contract says of Rust types: their names, and their schemas where schemars says something else than serde.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test reports"
)]

mod adapters;
mod compat;
mod limits;
mod names;
mod samples;
mod shapes;
mod trials;
mod untested;

use serde_json::Value;
use ws_core::Contract;

/// The definitions of a contract.
fn definitions<C: Contract>() -> Value {
    let file = ws_core::contract::contract_file::<C>().unwrap();
    let mut file: Value = serde_json::from_str(&file).unwrap();
    file["$defs"].take()
}

/// What stands in the way of an export.
fn problems<C: Contract>() -> Vec<String> {
    let error = ws_core::contract::contract_file::<C>().expect_err("the contract is refused");
    error.problems().to_vec()
}
