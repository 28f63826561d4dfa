//! What the program is told on its command line, and what it answers.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ws_codegen::{Emit, MAX_CONTRACT_BYTES, Options};

use crate::output::Plan;
use crate::terminal;

const EXIT_CODES: &str = "\
Exit codes:
  0  the folder is current: it was, or has been written
  1  --check: the folder is stale; nothing was written
  2  wrong usage, or the contract was refused; nothing was written
  3  a file could not be read or written";

const EXAMPLES: &str = "\
Examples:
  ws-codegen typescript schemas/chat.json --out web/src/generated
  ws-codegen typescript schemas/chat.json --out web/src/generated --check
  ws-codegen typescript schemas/chat.json --out static/generated --emit js
  curl -s localhost:3000/ws/contract.json | ws-codegen typescript - --out generated";

/// Generates typed clients from a contract file.
///
/// A contract file is what the server's crate exports: a table of events and the JSON Schemas of their payloads. The
/// generated folder is complete, needs no dependency, and is meant to be committed.
#[derive(Debug, Parser)]
#[command(name = "ws-codegen", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generates a client in TypeScript, or in JavaScript with types beside it
    #[command(after_help = EXIT_CODES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
    Typescript(Typescript),
}

#[derive(Debug, Args)]
struct Typescript {
    /// The contract file, or `-` to read it from standard input
    contract: PathBuf,
    /// The folder to write; it is made if it is missing
    ///
    /// Files that are already right are not touched. Files that an earlier run made from the same contract, and that are
    /// no longer part of the client, are removed. Files that the generator did not make are never overwritten or removed.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which files to generate
    #[arg(long, value_enum, default_value_t)]
    emit: EmitArgument,
    /// Takes newtypes and UUIDs as plain strings and numbers
    ///
    /// Without it, `struct RoomId(String)` is a type of its own, which a string becomes by `RoomId("…")`.
    #[arg(long)]
    no_brands: bool,
    /// Writes nothing; prints a diff and exits with 1 if the folder is stale
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum EmitArgument {
    /// TypeScript sources, to be compiled or bundled
    #[default]
    Ts,
    /// ES modules and their declarations, to be used as they are
    Js,
}

/// Why a run ended without a current folder.
#[derive(Debug)]
enum Failure {
    Stale(String),
    Contract(String),
    Files(String),
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let Arguments {
        command: Command::Typescript(arguments),
    } = Arguments::parse();
    let (code, message) = match typescript(&arguments) {
        Ok(message) => {
            terminal::stdout().write(&message);
            return ExitCode::SUCCESS;
        }
        Err(Failure::Stale(message)) => (1, message),
        Err(Failure::Contract(message)) => (2, message),
        Err(Failure::Files(message)) => (3, message),
    };
    terminal::stderr().write(&message);
    ExitCode::from(code)
}

fn typescript(arguments: &Typescript) -> Result<String, Failure> {
    let contract = read(&arguments.contract)?;
    let options = Options::default().with_emit(match arguments.emit {
        EmitArgument::Ts => Emit::Ts,
        EmitArgument::Js => Emit::Js,
    });
    let options = options.with_brands(!arguments.no_brands);
    let files = ws_codegen::typescript(&contract, &options)
        .map_err(|error| Failure::Contract(error.to_string()))?;
    let folder = &arguments.out;
    let files_failed = |error| Failure::Files(format!("error: {error}"));
    let plan = Plan::new(folder, files).map_err(files_failed)?;
    if !arguments.check {
        plan.apply().map_err(files_failed)?;
        return Ok(format!("{}: {}", folder.display(), plan.summary()));
    }
    if plan.is_empty() {
        return Ok(format!("{} is current", folder.display()));
    }
    terminal::stdout().write(&plan.diff());
    Err(Failure::Stale(format!(
        "error: {} is stale\n  help: run the same command without `--check`, and commit what it writes",
        folder.display()
    )))
}

/// The text of the contract file. Not more is read than the library accepts, however long the file is.
fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |error: io::Error| {
        Failure::Files(format!("error: cannot read {}: {error}", path.display()))
    };
    let mut bytes = Vec::new();
    let most = MAX_CONTRACT_BYTES as u64 + 1;
    if path.as_os_str() == "-" {
        io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    }
    .map_err(unreadable)?;
    if bytes.len() > MAX_CONTRACT_BYTES {
        let message = format!("error: the contract file is longer than {MAX_CONTRACT_BYTES} bytes");
        return Err(Failure::Contract(message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let position = error.utf8_error().valid_up_to();
        Failure::Contract(format!(
            "error: the contract file is not UTF-8 from byte {position} on"
        ))
    })
}
