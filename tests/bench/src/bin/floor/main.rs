//! The physical limit: a server on one thread that does nothing but take frames apart, and send them back or to everyone.
//! No runtime, no JSON, no limits. What a WebSocket server costs above it is what it does for its users, or waste.

#[cfg(target_os = "linux")]
mod epoll;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;

/// The floor of the benchmark: sends every message back to its sender, and one that begins like `bcast.msg` to everyone.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The address to listen on; port 0 is a free one. It is printed.
    #[arg(long, default_value = "127.0.0.1:3003")]
    listen: SocketAddr,
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let address = Options::parse().listen;
    match epoll::serve(address) {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("floor: cannot serve on {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!(
        "floor: cannot serve on {}: epoll is Linux's",
        Options::parse().listen
    );
    ExitCode::FAILURE
}
