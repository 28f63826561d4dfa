//! One change, and what it means for each meeting of old and new programs.

use super::Rule;
use crate::contract::{Part, Side};

/// The order in which the programs of a new contract are released, and thus which of them meet old ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rollout {
    /// The server goes first: old clients remain connected to a new server, as open web pages and installed programs
    /// do.
    #[default]
    ServerFirst,
    /// Clients go first: they meet an old server.
    ClientFirst,
    /// Neither waits for the other.
    Both,
}

impl Rollout {
    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Rollout::ServerFirst => "server-first",
            Rollout::ClientFirst => "client-first",
            Rollout::Both => "both",
        }
    }
}

/// What a change means in a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Old programs and newly released ones do not work together.
    Breaking,
    /// The change would be breaking in the other order, but not in this one.
    OtherOrder,
    /// All programs go on working, in any order.
    Safe,
}

/// A difference between two contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub(super) rule: Rule,
    pub(super) event: Option<Event>,
    pub(super) pointer: String,
    pub(super) type_name: Option<String>,
    pub(super) what: String,
    /// Why a client of before does not get on with a new server.
    pub(super) server_first: Option<String>,
    /// Why a new client does not get on with a server of before.
    pub(super) client_first: Option<String>,
}

/// Whose change it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) from: Side,
    /// Which of its schemas, unless it is the event itself.
    pub(super) part: Option<Part>,
}

impl Change {
    /// Returns the rule that names the change.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Returns the name of the event, unless it is the contract that changed.
    pub fn event(&self) -> Option<&str> {
        self.event.as_ref().map(|event| event.name.as_str())
    }

    /// Returns who sends the event: `client` or `server`.
    pub fn from(&self) -> Option<&'static str> {
        let event = self.event.as_ref()?;
        Some(match event.from {
            Side::Client => "client",
            Side::Server => "server",
        })
    }

    /// Returns which part of the event changed: its `payload`, its `reply` or its `error`. `None` if it is the event
    /// itself.
    pub fn part(&self) -> Option<&'static str> {
        Some(self.event.as_ref()?.part?.member())
    }

    /// Returns the place within the part, as a JSON pointer in which a step `*` stands for every item or entry.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns the name of the type that contains the place, if it has one.
    pub fn type_name(&self) -> Option<&str> {
        self.type_name.as_deref()
    }

    /// Returns a sentence that says what changed.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns what the change means in a rollout.
    pub fn verdict(&self, rollout: Rollout) -> Verdict {
        let none = self.server_first.is_none() && self.client_first.is_none();
        match () {
            () if none => Verdict::Safe,
            () if self.reasons(rollout).next().is_some() => Verdict::Breaking,
            () => Verdict::OtherOrder,
        }
    }

    /// Returns who breaks in a rollout, as one sentence each.
    pub fn reasons(&self, rollout: Rollout) -> impl Iterator<Item = &str> {
        let server_first = (rollout != Rollout::ClientFirst).then_some(&self.server_first);
        let client_first = (rollout != Rollout::ServerFirst).then_some(&self.client_first);
        let both = [server_first, client_first];
        both.into_iter().flatten().filter_map(Option::as_deref)
    }
}
