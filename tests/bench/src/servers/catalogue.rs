//! What there is to compare.

use super::build::Source;
use crate::load::{Dialect, ENGINE_IO, PLAIN, SESSION};

/// The name of the server that ratios are relative to.
pub const FLOOR: &str = "floor";

/// The name of this library's server.
pub const OURS: &str = "ws";

/// One server.
#[derive(Debug)]
pub struct Spec {
    /// Its name on the command line and in the table.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Whether `--quick` measures it.
    pub quick: bool,
    /// How it is spoken to.
    pub dialect: &'static Dialect,
    pub(super) source: Source,
    pub(super) arguments: &'static [&'static str],
}

/// All servers, in the order of the table.
pub const SERVERS: &[Spec] = &[
    Spec {
        name: FLOOR,
        title: "one thread, epoll, no JSON: the physical limit",
        quick: true,
        dialect: &PLAIN,
        source: Source::Own("floor"),
        arguments: &[],
    },
    Spec {
        name: OURS,
        title: "this library; clients without an SDK",
        quick: true,
        dialect: &PLAIN,
        source: Source::Own("bench-server"),
        arguments: &["--workers", "1"],
    },
    Spec {
        name: "ws-session",
        title: "this library; clients with a session, as its SDK has",
        quick: false,
        dialect: &SESSION,
        source: Source::Own("bench-server"),
        arguments: &["--workers", "1"],
    },
    Spec {
        name: "axum",
        title: "axum's WebSocket with its defaults",
        quick: true,
        dialect: &PLAIN,
        source: Source::Peer("axum-peer"),
        arguments: &[],
    },
    Spec {
        name: "axum-4096",
        title: "axum's WebSocket with buffers of 4096 bytes",
        quick: false,
        dialect: &PLAIN,
        source: Source::Peer("axum-peer"),
        arguments: &["--buffers", "4096"],
    },
    Spec {
        name: "tokio-websockets",
        title: "tokio-websockets",
        quick: false,
        dialect: &PLAIN,
        source: Source::Peer("tokio-websockets-peer"),
        arguments: &[],
    },
    Spec {
        name: "socketioxide",
        title: "Socket.IO in Rust, over axum",
        quick: true,
        dialect: &ENGINE_IO,
        source: Source::Peer("socketioxide-peer"),
        arguments: &[],
    },
    Spec {
        name: "socket.io",
        title: "Socket.IO on Node.js",
        quick: false,
        dialect: &ENGINE_IO,
        source: Source::Node("socket.io.mjs"),
        arguments: &[],
    },
    Spec {
        name: "node-ws",
        title: "the package `ws` on Node.js",
        quick: false,
        dialect: &PLAIN,
        source: Source::Node("ws.mjs"),
        arguments: &[],
    },
    Spec {
        name: "gorilla",
        title: "gorilla/websocket in Go",
        quick: false,
        dialect: &PLAIN,
        source: Source::Go("gorilla.go"),
        arguments: &[],
    },
];

/// Servers that are nodes of one application, connected by the Redis that `--redis` names, in the order of the table.
pub const CLUSTERED: &[Spec] = &[
    Spec {
        name: OURS,
        title: "this library",
        quick: true,
        dialect: &SESSION,
        source: Source::Own("bench-server"),
        arguments: &[],
    },
    Spec {
        name: "socket.io-redis",
        title: "Socket.IO with @socket.io/redis-adapter",
        quick: false,
        dialect: &ENGINE_IO,
        source: Source::Node("socket.io-redis.mjs"),
        arguments: &["--adapter", "pubsub"],
    },
    Spec {
        name: "socket.io-streams",
        title: "Socket.IO with @socket.io/redis-streams-adapter",
        quick: false,
        dialect: &ENGINE_IO,
        source: Source::Node("socket.io-redis.mjs"),
        arguments: &["--adapter", "streams"],
    },
    Spec {
        name: "socketioxide-redis",
        title: "socketioxide with socketioxide-redis",
        quick: false,
        dialect: &ENGINE_IO,
        source: Source::Peer("socketioxide-redis-peer"),
        arguments: &[],
    },
];

impl Spec {
    /// The server of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SERVERS.iter().find(|spec| spec.name == name)
    }

    /// The server of this name that is a node of several.
    pub fn clustered(name: &str) -> Option<&'static Self> {
        CLUSTERED.iter().find(|spec| spec.name == name)
    }
}
