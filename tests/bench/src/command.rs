//! What may be asked for, and where it is written.

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::case::{Case, Scale};
use bench::measure::raise_descriptor_limit;
use bench::report;
use bench::run::{Plan, run};
use bench::servers::{Builder, SERVERS, Spec};
use clap::Parser;

/// Measures this library beside the physical limit and its peers.
///
/// The figure that counts is the server's CPU time per message, relative to the floor: a server on bare epoll, measured in
/// the same round. The server runs on one processor and the load on another; keep both free of everything else meanwhile.
/// Prints a table, and writes results.json, results.md and results.svg.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Options {
    /// About two minutes: fewer rounds, shorter ones, and only servers that need Rust alone.
    #[arg(long)]
    quick: bool,
    /// How often everything is measured. [default: 5, quick: 2]
    #[arg(long)]
    rounds: Option<NonZeroUsize>,
    /// Only these cases, comma-separated. [default: all]
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Case>,
    /// Only these servers, comma-separated; without the floor there are no ratios. [default: all, quick: four that need Rust only]
    #[arg(long, value_delimiter = ',', value_parser = spec)]
    servers: Vec<&'static Spec>,
    /// How long one measurement takes, from 0.05 to 600 seconds. [default: 2, quick: 0.5]
    #[arg(long, value_parser = seconds)]
    seconds: Option<Duration>,
    /// Where the results are written.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// Lists the servers, and measures nothing.
    #[arg(long)]
    list: bool,
}

const AFTER_HELP: &str = "\
Examples:
  cargo run --release -p bench -- --quick
  cargo run --release -p bench -- --servers floor,ws --only fan,fan-16 --rounds 10
  cargo run --release -p bench -- --list

It ends with 1 where a server lost, doubled or changed a message; what cannot be built is named as missing.";

pub(super) fn main() -> ExitCode {
    let options = Options::parse();
    match options.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    fn run(&self) -> Result<ExitCode, Box<dyn Error>> {
        if self.list {
            for spec in SERVERS {
                println!("{:18}{}", spec.name, spec.title);
            }
            return Ok(ExitCode::SUCCESS);
        }
        if cfg!(debug_assertions) {
            return Err(
                "this is a debug build; measure with `cargo run --release -p bench`".into(),
            );
        }
        let plan = self.plan();
        let needed = plan.scale.crowd as u64 + 64;
        if raise_descriptor_limit()? < needed {
            return Err(format!("{needed} open files are needed: raise `ulimit -n`").into());
        }
        let results = run(plan, &self.specs(), &Builder::new()?, |line| {
            eprintln!("{line}")
        })?;
        let table = report::table(&results);
        fs::create_dir_all(&self.out)?;
        fs::write(self.out.join("results.json"), report::json(&results))?;
        fs::write(self.out.join("results.md"), &table)?;
        fs::write(self.out.join("results.svg"), report::picture(&results))?;
        println!(
            "{table}\nwritten to {}: results.json, results.md, results.svg",
            self.out.display()
        );
        Ok(if results.is_sound() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn plan(&self) -> Plan {
        let (rounds, milliseconds) = if self.quick { (2, 500) } else { (5, 2_000) };
        let window = self.seconds.unwrap_or(Duration::from_millis(milliseconds));
        let cases = if self.only.is_empty() {
            Case::ALL.to_vec()
        } else {
            self.only.clone()
        };
        Plan {
            rounds: self.rounds.map_or(rounds, NonZeroUsize::get),
            cases,
            scale: Scale {
                clients: 1_000,
                crowd: 10_000,
                window,
                warm_up: window / 2,
                rate: 10_000,
            },
        }
    }

    fn specs(&self) -> Vec<&'static Spec> {
        if !self.servers.is_empty() {
            return self.servers.clone();
        }
        SERVERS
            .iter()
            .filter(|spec| spec.quick || !self.quick)
            .collect()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let parsed: Option<f64> = text.parse().ok();
    let valid = parsed.filter(|seconds| (0.05..=600.0).contains(seconds));
    valid
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "a number from 0.05 to 600 is needed".to_owned())
}

fn spec(name: &str) -> Result<&'static Spec, String> {
    let names = || {
        SERVERS
            .iter()
            .map(|spec| spec.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    Spec::named(name).ok_or_else(|| format!("there are {}", names()))
}
