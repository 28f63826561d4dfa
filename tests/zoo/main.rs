//! A contract of many unusual types, for `ws-codegen conform`: writes the contract and its samples into a folder.
//!
//! Every type is the payload of an event in both directions, so that both of its shapes are looked at.

mod adapters;
mod containers;
#[expect(deprecated, reason = "deprecated types are looked at, too")]
mod conversions;
mod flatten;
mod foreign;
mod generics;
mod limits;
#[expect(dead_code, reason = "what is skipped is never looked at")]
mod optional;
mod scalars;
#[expect(dead_code, reason = "what is skipped is never looked at")]
mod tagging;

use std::path::PathBuf;
use std::{env, fs, io};

/// Makes an event in both directions of each type.
macro_rules! keep {
    ($namespace:literal: $($animal:ident),+ $(,)?) => {
        #[derive(Debug, ws_core::WsEvent)]
        #[ws(from = "client", namespace = $namespace)]
        pub(crate) enum In {
            $($animal($animal)),+
        }

        #[derive(Debug, ws_core::WsEvent)]
        #[ws(from = "server", namespace = $namespace)]
        pub(crate) enum Out {
            $($animal($animal)),+
        }
    };
}
use keep;

ws_core::contract!(Zoo = "zoo" {
    client: [adapters::In, containers::In, conversions::In, flatten::In, foreign::In, generics::In, limits::In,
        optional::In, scalars::In, tagging::In],
    server: [adapters::Out, containers::Out, conversions::Out, flatten::Out, foreign::Out, generics::Out, limits::Out,
        optional::Out, scalars::Out, tagging::Out],
});

fn main() -> io::Result<()> {
    let folder: PathBuf = env::args_os().nth(1).unwrap_or_else(|| ".".into()).into();
    fs::create_dir_all(&folder)?;
    let contract = ws_core::contract::contract_file::<Zoo>().map_err(io::Error::other)?;
    fs::write(folder.join("zoo.json"), contract)?;
    ws_core::contract::write_samples::<Zoo>(folder.join("zoo.samples.json"))
}
