//! The run: parts in rounds, with bare `PUBLISH` and this library in turn.

use std::thread;

use super::laps;
use super::metrics::{DEATH, Metric};
use super::restart::{Fault, Outcome, System, restart};
use super::scale::Scale;
use super::{deaths, joins};
use crate::load::LoadError;
use crate::measure::Machine;
use crate::run::Measured;
use crate::servers::{OURS, Program};

/// The name of what ratios are relative to.
pub const BARE: &str = "bare PUBLISH";

/// Something that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Part {
    /// Many publish at once, each a message.
    Broadcast,
    /// Many publish at once, each 16 messages.
    #[value(name = "broadcast-16")]
    Broadcast16,
    /// One message at a time.
    Latency,
    /// Clients join.
    Joins,
    /// Nodes are killed.
    Deaths,
    /// Redis is killed.
    Restart,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Broadcast,
        Self::Broadcast16,
        Self::Latency,
        Self::Joins,
        Self::Deaths,
        Self::Restart,
    ];

    /// Its name on the command line and in what is written.
    pub fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self)
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What is to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// How often, where it is not once.
    pub rounds: usize,
    /// What.
    pub parts: Vec<Part>,
    /// How much.
    pub scale: Scale,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// Where.
    pub machine: Machine,
    /// What was measured.
    pub plan: Plan,
    /// What there is without a library.
    pub bare: Measured,
    /// This library.
    pub ours: Measured,
    /// What became of messages when Redis was killed, or why nobody knows: system by system, fault by fault.
    pub restarts: Vec<(String, Fault, Result<Outcome, String>)>,
}

impl Results {
    /// Whether everything was counted, and complete. Goals are another matter.
    pub fn is_sound(&self) -> bool {
        let mut ours = self.restarts.iter().filter(|(name, ..)| name == OURS);
        self.bare.failures.is_empty()
            && self.ours.failures.is_empty()
            && ours.all(|(.., outcome)| outcome.is_ok())
    }
}

pub(super) type Figures = Vec<(Metric, f64)>;

/// What publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `PUBLISH`, by callers that share a connection.
    Bare,
    /// `PUBLISH`, by callers with a connection each.
    Unbatched,
    Ours,
}

/// Measures. `node` is this library's `bench-server`; a system that could not be built comes with the reason. `say` is told
/// what happens, line by line.
pub async fn run(
    plan: Plan,
    node: &Program,
    systems: &[Result<System, (String, String)>],
    mut say: impl FnMut(&str),
) -> Results {
    let mut results = Results {
        machine: Machine::this(),
        bare: Measured::new(BARE, "the crate `redis`, without order and history"),
        ours: Measured::new(OURS, "this library, with history"),
        restarts: Vec::new(),
        plan,
    };
    for round in 0..results.plan.rounds {
        for part in results.plan.parts.clone() {
            let mut kinds = match part {
                Part::Broadcast => vec![Kind::Bare, Kind::Unbatched, Kind::Ours],
                Part::Broadcast16 | Part::Latency => vec![Kind::Bare, Kind::Ours],
                Part::Joins => vec![Kind::Ours],
                Part::Deaths | Part::Restart => continue,
            };
            // Another one is first in every round.
            let first = round % kinds.len();
            kinds.rotate_left(first);
            for kind in kinds {
                let scale = &results.plan.scale;
                let outcome = match part {
                    Part::Latency => laps::latency(kind, scale).await,
                    Part::Joins => joins::joins(scale).await,
                    _ => laps::broadcast(kind, part, scale).await,
                };
                let rounds = results.plan.rounds;
                let line = results.note(round, part, kind, outcome);
                say(&format!("round {}/{rounds}  {line}", round + 1));
            }
        }
    }
    if results.plan.parts.contains(&Part::Deaths) {
        match deaths::deaths(node, &results.plan.scale).await {
            Ok(seconds) => {
                for (kill, seconds) in seconds.into_iter().enumerate() {
                    say(&format!("kill {}: left after {seconds:.2} s", kill + 1));
                    results.ours.keep(kill, DEATH.key, seconds);
                }
            }
            Err(error) => results
                .ours
                .failures
                .push(format!("deaths  FAILED: {error}")),
        }
    }
    if results.plan.parts.contains(&Part::Restart) {
        for fault in Fault::ALL {
            say(&format!("Redis is {}", fault.title(&results.plan.scale)));
            let restarts = side_by_side(systems, fault, &results.plan.scale);
            results.restarts.extend(restarts);
        }
    }
    results
}

/// Nothing is timed here, so all of them have their fault at once, each with a Redis of its own.
fn side_by_side(
    systems: &[Result<System, (String, String)>],
    fault: Fault,
    scale: &Scale,
) -> Vec<(String, Fault, Result<Outcome, String>)> {
    thread::scope(|scope| {
        let running: Vec<_> = systems
            .iter()
            .map(|system| match system {
                Ok(system) => {
                    let happens = move || restart(system, fault, scale);
                    (system.name, Ok(scope.spawn(happens)))
                }
                Err((name, reason)) => (name.as_str(), Err(format!("missing: {reason}"))),
            })
            .collect();
        let ended = running.into_iter().map(|(name, running)| {
            let outcome = running.and_then(|running| match running.join() {
                Ok(outcome) => outcome.map_err(|error| error.to_string()),
                Err(_) => Err("it panicked".to_owned()),
            });
            (name.to_owned(), fault, outcome)
        });
        ended.collect()
    })
}

impl Results {
    /// Keeps what a round gave, and says it.
    fn note(
        &mut self,
        round: usize,
        part: Part,
        kind: Kind,
        outcome: Result<Figures, LoadError>,
    ) -> String {
        let measured = match kind {
            Kind::Bare | Kind::Unbatched => &mut self.bare,
            Kind::Ours => &mut self.ours,
        };
        let mut line = format!("{:13} {:13}", part.name(), measured.name);
        match outcome {
            Ok(figures) => {
                for (metric, figure) in figures {
                    measured.keep(round, metric.key, figure);
                    line += &format!("  {} {figure:.2} {}", metric.key, metric.unit);
                }
            }
            Err(error) => {
                line += &format!("  FAILED: {error}");
                measured
                    .failures
                    .push(format!("round {}, {line}", round + 1));
            }
        }
        line
    }
}
