//! The command line of the generator: reads a contract file, writes or checks a folder, compares what is generated with
//! what serde says, and says whom a changed contract breaks.

mod cli;
mod conform;
mod input;
mod output;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
