//! Redis is killed and comes back, and a publisher and a listener at two nodes see what becomes of their messages.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use redis_server::RedisServer;
use serde::Deserialize;

use super::scale::Scale;
use crate::load::{LoadError, wrong};
use crate::servers::{Builder, OURS, Program, Spec};

/// What happens to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It keeps nothing, and is back soon.
    Restart,
    /// It writes to its disk every second, and is back soon.
    RestartWithAof,
    /// It keeps nothing, and is away for longer.
    Outage,
}

impl Fault {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Restart, Self::RestartWithAof, Self::Outage];

    /// Its name in the table.
    pub fn title(self, scale: &Scale) -> String {
        let seconds = self.outage(scale).as_secs_f64();
        match self {
            Self::RestartWithAof => format!("away {seconds} s, AOF everysec"),
            Self::Restart | Self::Outage => format!("away {seconds} s, nothing kept"),
        }
    }

    fn outage(self, scale: &Scale) -> Duration {
        match self {
            Self::Restart | Self::RestartWithAof => scale.outages.0,
            Self::Outage => scale.outages.1,
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::RestartWithAof => &["--appendonly", "yes", "--appendfsync", "everysec"],
            Self::Restart | Self::Outage => &["--appendonly", "no"],
        }
    }
}

/// Nodes that can be started, and clients for them.
#[derive(Debug, Clone)]
pub struct System {
    /// Its name in the table.
    pub name: &'static str,
    node: Program,
    script: PathBuf,
    /// The folder of the generated client, where it is this library's.
    generated: Option<PathBuf>,
}

impl System {
    /// Builds what it needs.
    ///
    /// # Errors
    ///
    /// Why it is missing, as a sentence.
    pub fn build(builder: &Builder, spec: &'static Spec) -> Result<Self, String> {
        Self::with(builder, spec, builder.build(spec)?)
    }

    /// With nodes that are built.
    ///
    /// # Errors
    ///
    /// Why its clients are missing, as a sentence.
    pub fn with(builder: &Builder, spec: &'static Spec, node: Program) -> Result<Self, String> {
        let generated = (spec.name == OURS).then(|| builder.generated());
        Ok(Self {
            name: spec.name,
            node,
            script: builder.script("traffic.mjs")?,
            generated: generated.transpose()?,
        })
    }
}

/// What became of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// How many were sent, since the listener was there.
    pub sent: usize,
    /// How many of them the publisher's node has accepted.
    pub accepted: usize,
    /// How many of these the listener was given.
    pub delivered: usize,
    /// How many of these it was not given, and not told of either.
    pub silent: usize,
    /// How many of these lie in gaps that it was told of.
    pub told: usize,
    /// How many gaps it was told of.
    pub gaps: usize,
    /// How many messages it was given again.
    pub twice: usize,
    /// How many were accepted of those that were sent when Redis had been back for a while, and how many of them came.
    pub after: (usize, usize),
}

/// What the clients saw.
#[derive(Debug, Deserialize)]
struct Seen {
    /// The last number.
    sent: u64,
    marked: u64,
    accepted: Vec<u64>,
    given: Vec<Given>,
}

/// What the listener was given: the number of a message, or the reason of a gap.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Given {
    Number(u64),
    #[expect(dead_code, reason = "a gap is a gap, for whatever reason")]
    Gap(String),
}

/// Lets it happen, and blocks until it is over.
///
/// # Errors
///
/// Where no messages flow before.
pub fn restart(system: &System, fault: Fault, scale: &Scale) -> Result<Outcome, LoadError> {
    let mut redis = RedisServer::with(fault.arguments()).map_err(std::io::Error::other)?;
    let node = system
        .node
        .clone()
        .with_arguments(["--redis".to_owned(), redis.url()]);
    let (publisher, listener) = (node.start()?, node.start()?);
    let mut command = Command::new("node");
    command.arg(&system.script);
    command.args(["--publisher", &publisher.address().to_string()]);
    command.args(["--listener", &listener.address().to_string()]);
    if let Some(folder) = &system.generated {
        command.arg("--generated").arg(folder);
    }
    let mut clients = Clients::start(&mut command)?;
    sleep(scale.calm);
    redis.kill();
    sleep(fault.outage(scale));
    redis.restart().map_err(std::io::Error::other)?;
    sleep(scale.recovery);
    clients.tell("mark")?;
    sleep(scale.calm);
    clients.tell("stop")?;
    Ok(clients.seen()?.outcome())
}

/// The process of the clients, which ends with this.
struct Clients {
    child: Child,
    lines: Box<dyn Iterator<Item = std::io::Result<String>>>,
}

impl Clients {
    fn start(command: &mut Command) -> Result<Self, LoadError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        let stdout = stdout.ok_or_else(|| std::io::Error::other("no output"))?;
        let mut clients = Self {
            child,
            lines: Box::new(BufReader::new(stdout).lines()),
        };
        match clients.line()?.as_str() {
            "flows" => Ok(clients),
            line => wrong(format!("the clients said `{line}`")),
        }
    }

    fn line(&mut self) -> Result<String, LoadError> {
        match self.lines.next() {
            Some(line) => Ok(line?),
            None => wrong("the clients ended"),
        }
    }

    fn tell(&mut self, word: &str) -> Result<(), LoadError> {
        let stdin = self.child.stdin.as_mut();
        let stdin = stdin.ok_or_else(|| std::io::Error::other("no input"))?;
        Ok(writeln!(stdin, "{word}")?)
    }

    fn seen(&mut self) -> Result<Seen, LoadError> {
        let line = self.line()?;
        Ok(serde_json::from_str(&line).map_err(std::io::Error::other)?)
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // What fails here is that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Seen {
    fn outcome(&self) -> Outcome {
        let numbers = |given: &Given| match given {
            Given::Number(number) => Some(*number),
            Given::Gap(_) => None,
        };
        let mut came = BTreeSet::new();
        let mut twice = 0;
        for number in self.given.iter().filter_map(numbers) {
            twice += usize::from(!came.insert(number));
        }
        // From the last number before a gap to the first after it.
        let mut gaps = Vec::new();
        for (index, given) in self.given.iter().enumerate() {
            if let Given::Gap(_) = given {
                let before = self.given[..index].iter().rev().find_map(numbers);
                let after = self.given[index..].iter().find_map(numbers);
                gaps.push((before.unwrap_or(0), after.unwrap_or(u64::MAX)));
            }
        }
        // What was sent before the listener was there is not its concern.
        let first = came.first().copied().unwrap_or(1);
        let accepted = self.accepted.iter().filter(|number| **number >= first);
        let missing: Vec<u64> = accepted
            .clone()
            .filter(|number| !came.contains(number))
            .copied()
            .collect();
        let is_told = |number: &&u64| {
            let inside = |(before, after): &(u64, u64)| before < number && *number < after;
            gaps.iter()
                .any(|(before, after)| inside(&(*before, *after)))
        };
        let told = missing.iter().filter(is_told).count();
        let after = accepted.clone().filter(|number| **number > self.marked);
        let (accepted, late) = (accepted.count(), after.clone().count());
        Outcome {
            sent: (first..=self.sent).count(),
            accepted,
            delivered: accepted - missing.len(),
            silent: missing.len() - told,
            told,
            gaps: gaps.len(),
            twice,
            after: (late, after.filter(|number| came.contains(number)).count()),
        }
    }
}

impl Outcome {
    /// Whether all messages that were accepted after the restart came, and there were some.
    pub fn flows_again(&self) -> bool {
        self.after.0 > 0 && self.after.0 == self.after.1
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Seen};

    fn outcome(accepted: &[u64], given: &str, marked: u64) -> Outcome {
        let given = serde_json::from_str(given).unwrap();
        let seen = Seen {
            sent: 10,
            marked,
            accepted: accepted.to_vec(),
            given,
        };
        seen.outcome()
    }

    #[test]
    fn what_is_missing_outside_of_gaps_is_lost_silently() {
        let outcome = outcome(&[1, 2, 3, 5, 6, 7, 8], r#"[2, 3, 6, "reset", 8]"#, 7);
        assert_eq!(outcome.sent, 9);
        assert_eq!((outcome.accepted, outcome.delivered), (6, 4));
        assert_eq!((outcome.silent, outcome.told, outcome.gaps), (1, 1, 1));
        assert!(outcome.flows_again(), "{outcome:?}");
    }

    #[test]
    fn a_gap_at_the_end_covers_the_rest() {
        let outcome = outcome(&[1, 2, 3], r#"[1, "reset"]"#, 2);
        assert_eq!((outcome.silent, outcome.told), (0, 2));
        assert!(!outcome.flows_again(), "{outcome:?}");
    }

    #[test]
    fn what_came_again_is_counted_and_what_was_refused_is_not() {
        let outcome = outcome(&[1, 3], "[1, 1, 2, 3]", 3);
        assert_eq!((outcome.twice, outcome.delivered), (1, 2));
        assert!(!outcome.flows_again(), "nothing was accepted: {outcome:?}");
    }
}
