//! The command line of the generator: reads a contract file, writes or checks a folder, and compares what is
//! generated with what serde says.

mod cli;
mod conform;
mod output;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
