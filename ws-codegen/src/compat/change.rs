//! One change, and what it means for each meeting of old and new programs.

use super::Rule;
use crate::contract::{Part, Side};

/// In which order the programs of a new contract are released, and so, which of them meet those of the old one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rollout {
    /// The server goes first: clients of before stay with a new server, as open web pages and installed programs do.
    #[default]
    ServerFirst,
    /// Clients go first: they meet a server of before.
    ClientFirst,
    /// Nobody waits for anybody.
    Both,
}

impl Rollout {
    /// As it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Rollout::ServerFirst => "server-first",
            Rollout::ClientFirst => "client-first",
            Rollout::Both => "both",
        }
    }
}

/// What a change means for a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Programs of before do not work with those that are released.
    Breaking,
    /// It would be breaking in the other order, and is not in this one.
    OtherOrder,
    /// All go on working, in any order.
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
    /// What the change is called.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The name of the event, unless it is the contract that changed.
    pub fn event(&self) -> Option<&str> {
        self.event.as_ref().map(|event| event.name.as_str())
    }

    /// Who sends the event: `client` or `server`.
    pub fn from(&self) -> Option<&'static str> {
        let event = self.event.as_ref()?;
        Some(match event.from {
            Side::Client => "client",
            Side::Server => "server",
        })
    }

    /// What of the event changed: its `payload`, its `reply` or its `error`; nothing where it is the event itself.
    pub fn part(&self) -> Option<&'static str> {
        Some(self.event.as_ref()?.part?.member())
    }

    /// The place in the part, as a JSON pointer whose step `*` is every item or entry.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The name of the type in which the place is, if it has one.
    pub fn type_name(&self) -> Option<&str> {
        self.type_name.as_deref()
    }

    /// What changed, in a sentence.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What it means for a rollout.
    pub fn verdict(&self, rollout: Rollout) -> Verdict {
        let none = self.server_first.is_none() && self.client_first.is_none();
        match () {
            () if none => Verdict::Safe,
            () if self.reasons(rollout).next().is_some() => Verdict::Breaking,
            () => Verdict::OtherOrder,
        }
    }

    /// Who breaks in a rollout, in a sentence each.
    pub fn reasons(&self, rollout: Rollout) -> impl Iterator<Item = &str> {
        let server_first = (rollout != Rollout::ClientFirst).then_some(&self.server_first);
        let client_first = (rollout != Rollout::ServerFirst).then_some(&self.client_first);
        let both = [server_first, client_first];
        both.into_iter().flatten().filter_map(Option::as_deref)
    }
}
