//! The command line of the generator: reads a contract file, writes or checks a folder.

mod cli;
mod output;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
