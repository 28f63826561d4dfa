//! What a changed contract means for programs built from the old one.
//!
//! During a rolling deploy, programs of two contracts meet: old clients at a new server, and new clients at an old
//! server, and in each case both sides send. What is sent must be accepted: **every value that the sender's contract
//! allows must fit the receiver's contract.** A sender sends the members that its contract names, and no others; a
//! receiver ignores members that it does not know, unless its contract denies them.
//!
//! | file | what it knows |
//! |---|---|
//! | `events`, `policies` | the tables of events, and what is declared beside the types |
//! | `walk`, `kinds` | two types side by side, each pair of definitions once |
//! | `numbers`, `texts`, `lists`, `objects`, `members`, `lengths` | the values of one kind |
//! | `forms`, `shape`, `same` | what references, unions and intersections come to |
//! | `difference`, `change`, `rule` | what was found, whom it breaks, and what it is called |
//! | `report` | the outcome for people and for programs |
//!
//! Nothing passes because it is not understood: that is the rule `UNDECIDED`, which breaks everybody.

mod change;
mod difference;
mod events;
mod forms;
mod kinds;
mod lengths;
mod lists;
mod members;
mod numbers;
mod objects;
mod policies;
mod report;
mod rule;
mod same;
mod shape;
mod texts;
mod walk;

pub use change::{Change, Rollout, Verdict};
pub use rule::{Breaks, Rule};

use crate::contract;
use crate::error::ContractError;
use crate::lower;

/// The reason why two contracts could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompatError {
    /// The old contract was refused.
    #[error("{0}")]
    Old(ContractError),
    /// The new contract was refused.
    #[error("{0}")]
    New(ContractError),
}

/// The differences between two contracts, sorted by event and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    changes: Vec<Change>,
}

impl Compatibility {
    /// Returns all changes.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns `true` if existing programs break in this rollout.
    pub fn is_breaking(&self, rollout: Rollout) -> bool {
        self.count(rollout, Verdict::Breaking) > 0
    }

    fn count(&self, rollout: Rollout, verdict: Verdict) -> usize {
        let changes = self.changes.iter();
        changes
            .filter(|change| change.verdict(rollout) == verdict)
            .count()
    }
}

/// Compares the texts of two contract files.
///
/// ```
/// use ws_codegen::{Rollout, compat};
///
/// # let contract = |events: &str| format!(r#"{{"x-ws-contract": {{"format": 1, "name": "chat",
/// #     "hash": "00112233445566778899aabbccddeeff", "events": [{events}]}}}}"#);
/// # let released = contract(r#"{"name": "say", "from": "client", "payload": {"type": "object"}}"#);
/// # let next = contract("");
/// let found = compat(&released, &next)?;
/// assert_eq!(found.changes()[0].rule().id(), "EVENT_REMOVED");
/// assert!(found.is_breaking(Rollout::ServerFirst) && !found.is_breaking(Rollout::ClientFirst));
/// # Ok::<(), ws_codegen::CompatError>(())
/// ```
///
/// # Errors
///
/// Returns an error if one of them is not a contract, or contains something that the generator would refuse, too.
pub fn compat(old: &str, new: &str) -> Result<Compatibility, CompatError> {
    let before = contract::parse(old).map_err(CompatError::Old)?;
    let before = understand(&before).map_err(CompatError::Old)?;
    let after = contract::parse(new).map_err(CompatError::New)?;
    let after = understand(&after).map_err(CompatError::New)?;
    Ok(Compatibility {
        changes: events::changes(&before, &after),
    })
}

fn understand(document: &contract::Json) -> Result<events::Understood<'_>, ContractError> {
    let contract = contract::check(document)?;
    let model = lower::lower(&contract)?;
    Ok(events::Understood { contract, model })
}
