//! The run: rounds of cases of servers, interleaved, so that whatever changes on the machine changes for all.

use std::collections::BTreeMap;

use crate::case::{Case, Figure, Group, Scale};
use crate::measure::{Cores, CoresError, Machine, Spread};
use crate::servers::{Builder, Program, Spec};

/// What is to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// How often.
    pub rounds: usize,
    /// What is done.
    pub cases: Vec<Case>,
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
    /// Every server that was asked for, in the order of the table.
    pub servers: Vec<Measured>,
}

/// What came out for one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Why it was not measured.
    pub missing: Option<String>,
    /// What it did wrong, once for each time.
    pub failures: Vec<String>,
    /// By the key of the metric: what each round gave, in order; nothing where the round failed.
    pub figures: BTreeMap<String, Vec<Option<f64>>>,
}

impl Measured {
    pub(crate) fn new(name: &str, title: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            missing: None,
            failures: Vec::new(),
            figures: BTreeMap::new(),
        }
    }

    /// What the rounds of a metric, which its key names, come to.
    pub fn spread(&self, key: &str) -> Option<Spread> {
        Spread::of(self.figures.get(key)?.iter().flatten().copied())
    }

    /// How many times another server's figure this is: round by round, for the rounds that both have.
    pub fn ratio(&self, key: &str, other: &Self) -> Option<Spread> {
        let (mine, others) = (self.figures.get(key)?, other.figures.get(key)?);
        let pairs = mine.iter().zip(others);
        Spread::of(pairs.filter_map(|(mine, other)| Some((*mine)? / (*other)?)))
    }
}

impl Results {
    /// The server of this name, where it was measured.
    pub fn server(&self, name: &str) -> Option<&Measured> {
        self.servers.iter().find(|server| server.name == name)
    }

    /// Whether every server that could be built did what it should.
    pub fn is_sound(&self) -> bool {
        self.servers.iter().all(|server| server.failures.is_empty())
    }
}

/// Builds the servers and measures them. `say` is told what happens, line by line.
///
/// # Errors
///
/// Where this machine cannot measure anything. What single servers do wrong is part of the results.
pub fn run(
    plan: Plan,
    specs: &[&'static Spec],
    builder: &Builder,
    mut say: impl FnMut(&str),
) -> Result<Results, CoresError> {
    let cores = Cores::choose()?;
    let mut programs: Vec<Option<Program>> = Vec::new();
    let mut servers: Vec<Measured> = Vec::new();
    for spec in specs {
        say(&format!("building {}", spec.name));
        let built = builder.build(spec);
        let missing = built.as_ref().err().cloned();
        if let Some(reason) = &missing {
            say(&format!("{} is missing: {reason}", spec.name));
        }
        programs.push(built.ok());
        servers.push(Measured {
            missing,
            ..Measured::new(spec.name, spec.title)
        });
    }
    cores.take_load()?;
    for round in 0..plan.rounds {
        for case in &plan.cases {
            for place in 0..specs.len() {
                // Another one is first in every round, so that nobody always follows the same server.
                let index = (place + round) % specs.len();
                if let Some(program) = &programs[index] {
                    let outcome = measure(*case, specs[index], program, &plan.scale, cores)?;
                    let line = servers[index].note(round, *case, outcome);
                    say(&format!("round {}/{}  {line}", round + 1, plan.rounds));
                }
            }
        }
    }
    Ok(Results {
        machine: Machine::this(),
        plan,
        servers,
    })
}

/// Every measurement has a process of its own: nothing that an earlier one left behind, neither memory nor connections nor
/// a compiler that knows it already, is part of it.
fn measure(
    case: Case,
    spec: &Spec,
    program: &Program,
    scale: &Scale,
    cores: Cores,
) -> Result<Result<Vec<Figure>, String>, CoresError> {
    let started = cores.start_server(|| program.start())?;
    Ok(started
        .map_err(|error| format!("it cannot be started: {error}"))
        .and_then(|server| {
            case.run(spec, &server, scale)
                .map_err(|error| error.to_string())
        }))
}

impl Measured {
    /// Keeps a figure of a round. Rounds that gave none, give none.
    pub(crate) fn keep(&mut self, round: usize, key: &str, figure: f64) {
        let values = self.figures.entry(key.to_owned()).or_default();
        values.resize(round, None);
        values.push(Some(figure));
    }

    /// Keeps what a round gave, and says it.
    fn note(&mut self, round: usize, case: Case, outcome: Result<Vec<Figure>, String>) -> String {
        let subject = format!("{:8} {:16}", case.name(), self.name);
        match outcome {
            Ok(figures) => {
                let mut line = subject;
                for (metric, figure) in figures {
                    self.keep(round, metric.key, figure);
                    if metric.group != Group::Limit {
                        line += &format!("  {} {figure:.2} {}", metric.title, metric.unit);
                    }
                }
                line
            }
            Err(sentence) => {
                let line = format!("{subject}  FAILED: {sentence}");
                self.failures.push(format!("round {}, {line}", round + 1));
                line
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Measured;
    use crate::case::{Case, METRICS, Metric};

    fn measured(outcomes: &[Option<f64>]) -> (Measured, Metric) {
        let metric = METRICS[0];
        let mut server = Measured::new("ws", "");
        for (round, outcome) in outcomes.iter().enumerate() {
            let figures = outcome.map(|figure| vec![(metric, figure)]);
            server.note(round, Case::Echo, figures.ok_or("lost".to_owned()));
        }
        (server, metric)
    }

    #[test]
    fn a_round_that_failed_has_no_part_in_the_figure_and_is_told() {
        let (server, metric) = measured(&[None, Some(4.0), None, Some(6.0)]);
        assert_eq!(server.spread(metric.key).unwrap().median, 5.0);
        assert_eq!(server.failures.len(), 2);
        assert!(
            server.failures[1].starts_with("round 3, echo"),
            "{:?}",
            server.failures
        );
    }

    #[test]
    fn a_ratio_is_of_figures_of_the_same_round() {
        let (server, metric) = measured(&[Some(2.0), Some(30.0), Some(4.0), None]);
        let (floor, _) = measured(&[Some(1.0), Some(10.0), None, Some(1.0)]);
        let ratio = server.ratio(metric.key, &floor).unwrap();
        assert_eq!((ratio.least, ratio.most), (2.0, 3.0));
    }
}
