//! What may be asked for, and where it is written.

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::cluster::{Part, Plan, Scale, System, json, picture, run, table};
use bench::servers::{Builder, CLUSTERED, OURS, Spec};
use clap::Parser;
use tracing_subscriber::filter::LevelFilter;

/// Measures what connecting nodes by Redis costs, and what becomes of messages when Redis goes.
///
/// This library stands beside bare `PUBLISH`, in turn within each round, and beside the adapters of Socket.IO. Every message
/// is counted at every node. Prints a table, and writes cluster.json, cluster.md and cluster.svg.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Options {
    /// A minute: fewer rounds, shorter ones, and neither killed nodes nor a killed Redis.
    #[arg(long)]
    quick: bool,
    /// How often everything is measured that is not done once. [default: 5, quick: 2]
    #[arg(long)]
    rounds: Option<NonZeroUsize>,
    /// Only these parts, comma-separated. [default: all, quick: those that are measured in rounds]
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Part>,
    /// Where the results are written.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

const AFTER_HELP: &str = "\
Needs redis-server 7; for the restart of Redis also Node.js, whose packages it installs.

Examples:
  cargo run --release -p bench --bin cluster-bench -- --quick
  cargo run --release -p bench --bin cluster-bench -- --only broadcast,latency --rounds 10

It ends with 1 where a message was lost or came twice at a node that nobody disturbed, or where something of this library
could not be measured; what cannot be built of others is named as missing.";

pub(super) fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        // That Redis goes away is part of it.
        .with_max_level(LevelFilter::ERROR)
        .with_writer(std::io::stderr)
        .init();
    match options.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cluster-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    fn run(&self) -> Result<ExitCode, Box<dyn Error>> {
        if cfg!(debug_assertions) {
            return Err(
                "this is a debug build; measure with `cargo run --release -p bench --bin cluster-bench`"
                    .into(),
            );
        }
        let plan = self.plan();
        let builder = Builder::new()?;
        eprintln!("building {OURS}");
        let ours = Spec::clustered(OURS).ok_or("this library is not in the catalogue")?;
        let node = builder.build(ours)?;
        let mut systems = Vec::new();
        if plan.parts.contains(&Part::Restart) {
            for spec in CLUSTERED {
                eprintln!("building {}", spec.name);
                let built = System::build(&builder, spec);
                systems.push(built.map_err(|reason| (spec.name.to_owned(), reason)));
            }
        }
        let runtime = tokio::runtime::Runtime::new()?;
        let results = runtime.block_on(run(plan, &node, &systems, |line| eprintln!("{line}")));
        let text = table(&results);
        fs::create_dir_all(&self.out)?;
        fs::write(self.out.join("cluster.json"), json(&results))?;
        fs::write(self.out.join("cluster.md"), &text)?;
        fs::write(self.out.join("cluster.svg"), picture(&results))?;
        println!(
            "{text}\nwritten to {}: cluster.json, cluster.md, cluster.svg",
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
        let window = Duration::from_millis(milliseconds);
        let parts = match (&*self.only, self.quick) {
            ([], true) => Part::ALL[..4].to_vec(),
            ([], false) => Part::ALL.to_vec(),
            (only, _) => only.to_vec(),
        };
        Plan {
            rounds: self.rounds.map_or(rounds, NonZeroUsize::get),
            parts,
            scale: Scale {
                window,
                warm_up: window / 2,
                ..Scale::FULL
            },
        }
    }
}
