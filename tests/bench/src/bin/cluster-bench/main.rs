//! The command line of the cluster's benchmark.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod command;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    command::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("cluster-bench: it needs Linux, for /proc");
    ExitCode::FAILURE
}
