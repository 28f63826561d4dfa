//! Generates typed clients from a contract file.
//!
//! A server built with `ws-core` exports its contract as one file: a table of events and the JSON Schemas of their
//! payloads (`schemas/README.md` describes its layout). This crate turns the text of such a file into the files of a
//! typed client. The contract file is all that it knows about the server.
//!
//! ```
//! # let contract = r#"{"x-ws-contract": {"format": 1, "name": "chat",
//! #     "hash": "00112233445566778899aabbccddeeff", "events": []}}"#;
//! let options = ws_codegen::Options::default();
//! for file in ws_codegen::typescript(contract, &options)? {
//!     println!("{}: {} bytes", file.path, file.contents.len());
//! }
//! # Ok::<(), ws_codegen::ContractError>(())
//! ```
//!
//! [`compat()`] compares two such files, and says whom a change breaks.
//!
//! The library is pure: it neither reads nor writes files. The program `ws-codegen` does: see its `--help`.
//!
//! # Stages
//!
//! | module | in | out |
//! |---|---|---|
//! | `contract` | text | the checked table of events, with schemas that are still JSON |
//! | `lower` | schemas | the model: types, independent of any language |
//! | `typescript` | the model | text |
//! | `compat` | two models | whom the change from one to the other breaks |
//!
//! What a stage cannot represent, it refuses, and reports the place in the contract file, the event that needs it, and
//! the possible fixes: a type that lies is worse than none. Contract files may come from anywhere. Whatever they
//! contain, the result is either an error or a client in which their names and texts are nothing but names and texts.

mod compat;
mod contract;
mod error;
mod lower;
mod model;
mod typescript;

pub use compat::{Breaks, Change, CompatError, Compatibility, Rollout, Rule, Verdict, compat};
pub use contract::MAX_CONTRACT_BYTES;
pub use error::{ContractError, Problem, Problems};
pub use typescript::{
    Emit, ImportExtension, MARKER, Options, OutputFile, ValidatorName, typescript, validators,
};
