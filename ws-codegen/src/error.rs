//! The reasons why a contract file is refused.

use std::collections::HashSet;
use std::fmt;

/// The reason why no client can be generated from a contract file.
///
/// The text of every variant is meant for the person who runs the generator, and may span several lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The file is longer than the generator accepts.
    #[error("error: the contract file is {bytes} bytes long; the limit is {limit}")]
    TooLarge {
        /// The length of the file, in bytes.
        bytes: usize,
        /// The maximum length, in bytes: [`MAX_CONTRACT_BYTES`](crate::MAX_CONTRACT_BYTES).
        limit: usize,
    },
    /// The file is not JSON, or an object in it has the same member twice.
    #[error("error: the contract file is not JSON: {reason}")]
    NotJson {
        /// The message of the parser, with line and column.
        reason: String,
    },
    /// The file is JSON, but something in it is not a contract or cannot be represented in TypeScript.
    #[error("{0}")]
    Refused(Problems),
}

/// Everything that is wrong with a contract file, which is at least one problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

/// One thing that is wrong with a contract file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pointer: String,
    message: String,
    reached_by: Option<String>,
    help: Vec<String>,
}

impl Problem {
    /// A problem at the place that the JSON pointer names.
    pub(crate) fn new(pointer: impl fmt::Display, message: impl Into<String>) -> Self {
        Problem {
            pointer: pointer.to_string(),
            message: message.into(),
            reached_by: None,
            help: Vec::new(),
        }
    }

    /// Adds a way out.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds how an event comes to need this place.
    pub(crate) fn reached_by(mut self, route: impl fmt::Display) -> Self {
        self.reached_by = Some(route.to_string());
        self
    }

    /// Returns the place in the contract file, as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns what is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Problem {
    /// What is wrong, where, and how it is reached.
    fn describe(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the top level"
        } else {
            &self.pointer
        };
        write!(
            out,
            "error: {}\n  at {}",
            Plain(&self.message),
            Plain(place)
        )?;
        match &self.reached_by {
            Some(route) => write!(out, "\n  reached by {}", Plain(route)),
            None => Ok(()),
        }
    }

    /// The ways out.
    fn advise(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.help
            .iter()
            .try_for_each(|help| write!(out, "\n  help: {}", Plain(help)))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(out)?;
        self.advise(out)
    }
}

impl Problems {
    /// How many problems are written out; a file with more of them is wrong as a whole.
    const SHOWN: usize = 50;

    /// Returns an iterator over the problems, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

/// Every problem, and the same advice only once in a row.
impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.iter().take(Self::SHOWN).peekable();
        let mut first = true;
        while let Some(problem) = shown.next() {
            out.write_str(if std::mem::take(&mut first) {
                ""
            } else {
                "\n\n"
            })?;
            problem.describe(out)?;
            if shown.peek().is_none_or(|next| next.help != problem.help) {
                problem.advise(out)?;
            }
        }
        match self.0.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(out, "\n\nerror: {more} more problems are not shown"),
        }
    }
}

/// Collects problems, so that all of a file's mistakes are reported at once.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Problem>);

impl Report {
    pub(crate) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The outcome of a stage, unless there are problems. A stage that has no outcome has reported why.
    pub(crate) fn finish<T>(self, outcome: Option<T>) -> Result<T, ContractError> {
        match outcome {
            Some(outcome) if self.0.is_empty() => Ok(outcome),
            _ => Err(ContractError::Refused(Problems(told_once(self.0)))),
        }
    }
}

/// Leaves out what is wrong with `FooInput` where the same is wrong with `Foo`: they are one type of Rust, as the server accepts
/// it and as it writes it.
fn told_once(problems: Vec<Problem>) -> Vec<Problem> {
    let told: HashSet<(String, String)> = problems
        .iter()
        .map(|problem| (problem.pointer.clone(), problem.message.clone()))
        .collect();
    let is_repeated = |problem: &Problem| {
        let definition = problem.pointer.strip_prefix("/$defs/");
        let Some((name, inside)) = definition.and_then(|it| it.split_once('/')) else {
            return false;
        };
        name.strip_suffix("Input").is_some_and(|written| {
            let same = format!("/$defs/{written}/{inside}");
            told.contains(&(same, problem.message.clone()))
        })
    };
    problems
        .into_iter()
        .filter(|problem| !is_repeated(problem))
        .collect()
}

/// Text of unknown origin on a terminal: control characters, which could move the cursor or change colours, are escaped,
/// and what is too long to be read is cut off.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl Plain<'_> {
    const LONGEST: usize = 1_000;
}

impl fmt::Display for Plain<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(Self::LONGEST) {
            if character.is_control() {
                write!(out, "{}", character.escape_default())?;
            } else {
                write!(out, "{character}")?;
            }
        }
        if characters.next().is_some() {
            out.write_str("…")?;
        }
        Ok(())
    }
}
