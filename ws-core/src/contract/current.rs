//! Keeps a committed contract file equal to the types.

use std::path::Path;
use std::{env, fs};

use super::{Contract, contract_file};

/// Declares a test that exports a contract to a file, and fails if that file is out of date.
///
/// The path is relative to the directory of the package. With `BLESS=1` in the environment, the test writes the file.
/// Without it, the test fails if the file is missing or stale, and prints the command that refreshes it.
///
/// The test does not check whether every language can represent the types: a `u64` without an
/// [`adapter`](crate::adapter) is exported, and refused by `ws-codegen` when it generates TypeScript.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::WsEvent;
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
/// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
/// ws_core::contract_is_current!(Room, "schemas/room.json");
/// ```
#[macro_export]
macro_rules! contract_is_current {
    ($contract:ty, $path:literal) => {
        #[cfg(test)]
        #[test]
        fn contract_is_current() {
            $crate::contract::assert_current::<$contract>(
                concat!(env!("CARGO_MANIFEST_DIR"), "/", $path),
                concat!(
                    "BLESS=1 cargo test -p ",
                    env!("CARGO_PKG_NAME"),
                    " contract_is_current"
                ),
            );
        }
    };
}

/// Compares the file of a contract with its types, or writes it if `BLESS=1` is set in the environment.
///
/// `command` is the command that the message tells the reader to run.
///
/// # Panics
///
/// Panics if the file is missing or stale, if it cannot be written, or if the contract cannot be exported.
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub fn assert_current<C: Contract>(path: impl AsRef<Path>, command: &str) {
    let path = path.as_ref();
    let current = contract_file::<C>().unwrap_or_else(|error| panic!("{error}"));
    let committed = fs::read_to_string(path).unwrap_or_default();
    if committed == current {
        return;
    }
    if env::var_os("BLESS").is_some_and(|bless| bless == "1") {
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = folder.and_then(|()| fs::write(path, current)) {
            panic!(
                "the contract file {} cannot be written: {error}",
                path.display()
            );
        }
        return;
    }
    // The hash differs always, and says nothing to people.
    let line = (1..)
        .zip(committed.lines().zip(current.lines()))
        .find(|(_, (old, new))| old != new && !old.trim_start().starts_with("\"hash\""));
    let difference = match line {
        Some((number, (old, new))) => format!(
            "line {number} is `{}`, but the types require `{}`",
            old.trim(),
            new.trim()
        ),
        None if committed.is_empty() => "it is missing".to_owned(),
        None => "its length differs".to_owned(),
    };
    panic!(
        "the contract file {} is stale: {difference}\nrefresh it, and review the difference before you commit it:\n    {command}",
        path.display()
    );
}
