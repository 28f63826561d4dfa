//! What the program is told on its command line, and what it answers.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ws_codegen::{CompatError, Emit, ImportExtension, Options, Rollout};

use crate::conform::{self, Comparison, Outcome};
use crate::input::{self, InputError};
use crate::output::Plan;
use crate::terminal;

const EXIT_CODES: &str = "\
Exit codes:
  0  the directory is up to date, or has been written
  1  --check: the directory is stale; nothing was written
  2  usage error, or the contract was refused; nothing was written
  3  a file could not be read or written";

const CONFORM_EXAMPLE: &str = "\
The samples come from the crate of the server, for example from a test:
  ws_core::contract::write_samples::<Chat>(\"target/chat.samples.json\")

Example:
  ws-codegen conform schemas/chat.json target/chat.samples.json --tsc web/node_modules/.bin/tsc

Exit codes:
  0  everything agrees
  1  there are disagreements, which are printed
  2  usage error, or the contract or the samples were refused
  3  a file could not be read or written, or a program could not be run";

const COMPAT_EXAMPLES: &str = "\
Examples:
  git show main:schemas/chat.json | ws-codegen compat - schemas/chat.json
  ws-codegen compat released.json schemas/chat.json --rollout both
  ws-codegen compat released.json schemas/chat.json --format json | jq '.changes[].rule'

Exit codes:
  0  nothing breaks in this rollout
  1  something breaks, which is printed
  2  usage error, or a contract was refused
  3  a file could not be read";

const EXAMPLES: &str = "\
Examples:
  ws-codegen typescript schemas/chat.json --out web/src/generated
  ws-codegen typescript schemas/chat.json --out web/src/generated --check
  ws-codegen typescript schemas/chat.json --out static/generated --emit js
  curl -s localhost:3000/ws/contract.json | ws-codegen typescript - --out generated";

/// Generates typed clients from a contract file, and says whom a changed contract breaks.
///
/// A contract file is exported by the crate of the server. It holds a table of events and the JSON Schemas of their
/// payloads. The generated directory is complete, has no dependencies, and is meant to be committed.
#[derive(Debug, Parser)]
#[command(name = "ws-codegen", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generates a client in TypeScript, or in JavaScript with type declarations
    #[command(after_help = EXIT_CODES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
    Typescript(Typescript),
    /// Compares what serde, the schemas, the generated validators and the generated types say about samples
    #[command(after_help = CONFORM_EXAMPLE)]
    Conform(Conform),
    /// Says whom a changed contract breaks: old clients at the new server, or new clients at the old server
    #[command(after_help = COMPAT_EXAMPLES)]
    Compat(Compat),
}

#[derive(Debug, Args)]
struct Compat {
    /// The contract that is in use, or `-` for standard input
    old: PathBuf,
    /// The contract that is to be released, or `-` for standard input
    new: PathBuf,
    /// Which side is released first, and thus meets old programs of the other side
    #[arg(long, value_enum, default_value_t)]
    rollout: RolloutArgument,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t)]
    format: FormatArgument,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum RolloutArgument {
    /// Old clients remain connected to the new server, as open pages and installed programs do
    #[default]
    ServerFirst,
    /// New clients meet the old server
    ClientFirst,
    /// Both of these
    Both,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum FormatArgument {
    /// For people
    #[default]
    Human,
    /// One line of JSON, for programs
    Json,
}

#[derive(Debug, Args)]
struct Conform {
    /// The contract file
    contract: PathBuf,
    /// The file of samples, which `ws_core::contract::write_samples` writes
    samples: PathBuf,
    /// The Node.js program that runs the generated validators
    #[arg(long, value_name = "PROGRAM", default_value = "node")]
    node: PathBuf,
    /// The TypeScript compiler [default: node_modules/.bin/tsc, if it exists]
    #[arg(long, value_name = "PROGRAM")]
    tsc: Option<PathBuf>,
    /// A JSON object that maps the events with a known disagreement to the reasons
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Typescript {
    /// The contract file, or `-` for standard input
    contract: PathBuf,
    /// The directory to write, which is created if it does not exist
    ///
    /// Files that are already up to date are not touched. Files that an earlier run generated from the same contract,
    /// and that are no longer part of the client, are removed. Files that the generator did not write are never
    /// overwritten or removed.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which files to generate
    #[arg(long, value_enum, default_value_t)]
    emit: EmitArgument,
    /// How the sources of `--emit ts` name the files that they import from each other
    ///
    /// The right choice for each tool is listed in ws-codegen/runtime/README.md, "Which tool takes which option".
    #[arg(long, value_name = "EXTENSION", value_enum, default_value_t)]
    import_extension: ImportExtensionArgument,
    /// Generates newtypes and UUIDs as plain strings and numbers
    ///
    /// Without this option, `struct RoomId(String)` is a distinct type, and `RoomId("…")` makes a value of it from a string.
    #[arg(long)]
    no_brands: bool,
    /// Leaves values that are strings on the wire as strings, instead of converting them to `bigint`, `Date` or `Uint8Array`
    #[arg(long)]
    no_codecs: bool,
    /// Writes nothing; prints a diff and exits with 1 if the directory is stale
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum EmitArgument {
    /// TypeScript sources, to be compiled or bundled
    #[default]
    Ts,
    /// ES modules with type declarations, to be used as they are
    Js,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ImportExtensionArgument {
    /// `./chat.js`: for tsc, and for Vite, Vitest, esbuild and Bun
    #[default]
    Js,
    /// `./chat.ts`: for Node.js and Deno, which run TypeScript as it is, and for Next.js
    Ts,
    /// `./chat`: for Next.js, webpack and Jest
    None,
}

/// Why a run ended without a current folder.
#[derive(Debug)]
enum Failure {
    /// The folder is stale, there is no agreement, or something breaks.
    Stale(String),
    Contract(String),
    Files(String),
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Unreadable { .. } => Self::Files(error.to_string()),
            InputError::Refused { .. } => Self::Contract(error.to_string()),
        }
    }
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Typescript(arguments) => typescript(&arguments),
        Command::Conform(arguments) => conform(&arguments),
        Command::Compat(arguments) => compat(&arguments),
    };
    let (code, message) = match outcome.and_then(|message| print(&message)) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Stale(message)) => (1, message),
        Err(Failure::Contract(message)) => (2, message),
        Err(Failure::Files(message)) => (3, message),
    };
    // Where that fails, nobody is left who could be told.
    drop(terminal::stderr().write(&message));
    ExitCode::from(code)
}

/// Prints what other programs may read.
fn print(text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::Files(format!("error: cannot write the output: {error}"));
    terminal::stdout().write(text).map_err(failed)
}

fn typescript(arguments: &Typescript) -> Result<String, Failure> {
    let extension = match (arguments.import_extension, arguments.emit) {
        (ImportExtensionArgument::Js, _) => ImportExtension::Js,
        (ImportExtensionArgument::Ts, EmitArgument::Ts) => ImportExtension::Ts,
        (ImportExtensionArgument::None, EmitArgument::Ts) => ImportExtension::None,
        (ImportExtensionArgument::Ts | ImportExtensionArgument::None, EmitArgument::Js) => {
            let message = "error: `--import-extension` only applies to the sources of `--emit ts`\n  \
                help: remove it: the modules of `--emit js` name their files as they are, and every tool finds them";
            return Err(Failure::Contract(message.to_owned()));
        }
    };
    let contract = input::read(&arguments.contract)?;
    let options = Options::default().with_emit(match arguments.emit {
        EmitArgument::Ts => Emit::Ts,
        EmitArgument::Js => Emit::Js,
    });
    let options = options
        .with_import_extension(extension)
        .with_brands(!arguments.no_brands)
        .with_codecs(!arguments.no_codecs);
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
        return Ok(format!("{} is up to date", folder.display()));
    }
    print(&plan.diff())?;
    Err(Failure::Stale(format!(
        "error: {} is stale\n  help: run the same command without `--check`, and commit the result",
        folder.display()
    )))
}

fn conform(arguments: &Conform) -> Result<String, Failure> {
    let local = PathBuf::from("node_modules/.bin/tsc");
    let local = local.is_file().then_some(local);
    let tsc = arguments.tsc.clone().or(local);
    let comparison = Comparison {
        contract: input::read(&arguments.contract)?,
        samples: fs::read_to_string(&arguments.samples)
            .map_err(|error| unreadable(&arguments.samples, &error))?,
        node: resolved(&arguments.node),
        known: match &arguments.known {
            Some(path) => known(path)?,
            None => BTreeMap::new(),
        },
        tsc: tsc.map(|tsc| resolved(&tsc)),
    };
    match conform::conform(&comparison) {
        Ok(Outcome::Agreement(message)) => Ok(message),
        Ok(Outcome::Disagreement(message)) => Err(Failure::Stale(message)),
        Err(error @ (conform::Failure::Samples(_) | conform::Failure::Contract(_))) => {
            Err(Failure::Contract(error.to_string()))
        }
        Err(error) => Err(Failure::Files(error.to_string())),
    }
}

fn compat(arguments: &Compat) -> Result<String, Failure> {
    let (old, new) = (&arguments.old, &arguments.new);
    if old.as_os_str() == "-" && new.as_os_str() == "-" {
        let message = "error: only one of the contracts can be read from standard input";
        return Err(Failure::Contract(message.to_owned()));
    }
    let found = ws_codegen::compat(&input::read(old)?, &input::read(new)?).map_err(|error| {
        let (path, error) = match &error {
            CompatError::Old(error) => (old, error.to_string()),
            CompatError::New(error) => (new, error.to_string()),
            other => (new, other.to_string()),
        };
        Failure::Contract(format!("{}:\n{error}", input::name(path)))
    })?;
    let rollout = match arguments.rollout {
        RolloutArgument::ServerFirst => Rollout::ServerFirst,
        RolloutArgument::ClientFirst => Rollout::ClientFirst,
        RolloutArgument::Both => Rollout::Both,
    };
    let summary = found.summary(rollout);
    let report = match arguments.format {
        FormatArgument::Human => found.report(rollout),
        FormatArgument::Json => found.json(rollout),
    };
    if found.is_breaking(rollout) {
        print(&report)?;
        return Err(Failure::Stale(format!("error: {summary}")));
    }
    Ok(match arguments.format {
        FormatArgument::Json => report,
        FormatArgument::Human if report.is_empty() => summary,
        FormatArgument::Human => format!("{report}\n{summary}"),
    })
}

fn known(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let refused = |error| {
        Failure::Contract(format!(
            "error: {} is not a JSON object of reasons: {error}",
            path.display()
        ))
    };
    serde_json::from_str(&text).map_err(refused)
}

/// A program by its whole path, if it is one and not a name to be searched for: it is run in another folder.
fn resolved(program: &Path) -> PathBuf {
    let is_path = program.components().count() > 1;
    let whole = is_path.then(|| program.canonicalize().ok()).flatten();
    whole.unwrap_or_else(|| program.to_owned())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Files(format!("error: cannot read {}: {error}", path.display()))
}
