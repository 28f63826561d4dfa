//! What two types differ in, before it is known who sends them.

use super::Rule;
use super::change::{Change, Event};
use crate::contract::{Part, Side};

/// A difference between two types, of which values of one may not fit the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) rule: Rule,
    pub(super) pointer: String,
    pub(super) type_name: Option<String>,
    pub(super) what: String,
    /// Why some value of the old type does not fit the new one.
    pub(super) forward: Option<Clash>,
    /// Why some value of the new type does not fit the old one.
    pub(super) backward: Option<Clash>,
}

/// Why a value is not understood, as halves of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clash {
    /// What the sender does: "does not send `x`".
    pub(super) sends: String,
    /// What the receiver does about it: "requires".
    pub(super) receives: String,
}

impl Clash {
    pub(super) fn new(sends: impl Into<String>, receives: impl Into<String>) -> Self {
        Clash {
            sends: sends.into(),
            receives: receives.into(),
        }
    }

    fn sentence(&self, sender: &str, receiver: &str) -> String {
        let Clash { sends, receives } = self;
        format!("{sender} {sends}, which {receiver} {receives}")
    }
}

const OLD_CLIENT: &str = "a client built from the old contract";
const NEW_CLIENT: &str = "a client built from the new contract";
const OLD_SERVER: &str = "the old server";
const NEW_SERVER: &str = "the new server";

impl Difference {
    /// What the difference means, where it is known who sends.
    pub(super) fn of(self, name: &str, from: Side, part: Option<Part>) -> Change {
        let by_client = from == Side::Client && matches!(part, None | Some(Part::Payload));
        let forward = self.forward.as_ref();
        let backward = self.backward.as_ref();
        let (server_first, client_first) = if by_client {
            (
                forward.map(|clash| clash.sentence(OLD_CLIENT, NEW_SERVER)),
                backward.map(|clash| clash.sentence(NEW_CLIENT, OLD_SERVER)),
            )
        } else {
            (
                backward.map(|clash| clash.sentence(NEW_SERVER, OLD_CLIENT)),
                forward.map(|clash| clash.sentence(OLD_SERVER, NEW_CLIENT)),
            )
        };
        Change {
            rule: self.rule,
            event: Some(Event {
                name: name.to_owned(),
                from,
                part,
            }),
            pointer: self.pointer,
            type_name: self.type_name,
            what: self.what,
            server_first,
            client_first,
        }
    }
}
