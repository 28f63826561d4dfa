//! The Lua scripts: what has to happen in Redis at once.

use std::sync::LazyLock;

use redis::{Cmd, cmd};

/// What is to happen in Redis at once.
pub(super) struct Script {
    text: &'static str,
    /// By which a server knows it that has seen it before.
    hash: String,
    /// The commands that run it, by its hash and by its text.
    commands: [&'static str; 2],
}

impl Script {
    fn new(text: &'static str, commands: [&'static str; 2]) -> Self {
        let hash = redis::Script::new(text).get_hash().to_owned();
        Self {
            text,
            hash,
            commands,
        }
    }

    fn writing(text: &'static str) -> Self {
        Self::new(text, ["EVALSHA", "EVAL"])
    }

    /// One that writes nothing.
    fn reading(text: &'static str) -> Self {
        Self::new(text, ["EVALSHA_RO", "EVAL_RO"])
    }

    /// Runs it where it is known.
    pub(super) fn by_hash(&self, keys: &[&str], arguments: &[&[u8]]) -> Cmd {
        call(self.commands[0], &self.hash, keys, arguments)
    }

    /// Runs it anywhere.
    pub(super) fn by_text(&self, keys: &[&str], arguments: &[&[u8]]) -> Cmd {
        call(self.commands[1], self.text, keys, arguments)
    }
}

fn call(command: &str, script: &str, keys: &[&str], arguments: &[&[u8]]) -> Cmd {
    let mut call = cmd(command);
    call.arg(script).arg(keys.len()).arg(keys);
    for argument in arguments {
        call.arg(argument);
    }
    call
}

pub(super) static PUBLISH: LazyLock<Script> =
    LazyLock::new(|| Script::writing(include_str!("scripts/publish.lua")));
pub(super) static ANNOUNCE: LazyLock<Script> =
    LazyLock::new(|| Script::writing(include_str!("scripts/announce.lua")));
pub(super) static HEARTBEAT: LazyLock<Script> =
    LazyLock::new(|| Script::writing(include_str!("scripts/heartbeat.lua")));
pub(super) static ORDER: LazyLock<Script> =
    LazyLock::new(|| Script::writing(include_str!("scripts/order.lua")));
pub(super) static PAGE: LazyLock<Script> =
    LazyLock::new(|| Script::reading(include_str!("scripts/page.lua")));
