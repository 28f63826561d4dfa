//! The two tables of events, side by side: which events there are, and what they carry.

use std::collections::BTreeMap;

use super::Rule;
use super::change::Change;
use super::difference::{Clash, Difference};
use super::policies::policies;
use super::walk::Walk;
use crate::contract::{Contract, Event, Part, Side};
use crate::model::{Model, Type};

/// A contract with its types.
pub(super) struct Understood<'a> {
    pub(super) contract: Contract<'a>,
    pub(super) model: Model,
}

/// What an event carries.
struct Carried<'m> {
    payload: &'m Type,
    reply: Option<&'m Type>,
    error: Option<&'m Type>,
}

type Table<'a, 'm> = BTreeMap<(&'m str, bool), (&'m Event<'a>, Carried<'m>)>;

impl Understood<'_> {
    /// The events by name, and whether the server sends them.
    fn table(&self) -> Table<'_, '_> {
        let model = &self.model;
        let mut carried = BTreeMap::new();
        for (events, by_server) in [(&model.client_events, false), (&model.server_events, true)] {
            for event in events {
                let types = Carried {
                    payload: &event.payload,
                    reply: None,
                    error: None,
                };
                carried.insert((event.name.as_str(), by_server), types);
            }
        }
        for request in &model.requests {
            let types = Carried {
                payload: &request.input,
                reply: Some(&request.output),
                error: Some(&request.error).filter(|error| **error != Type::Never),
            };
            carried.insert((request.name.as_str(), false), types);
        }
        let events = self.contract.events.iter();
        let entries = events.filter_map(|event| {
            let key = (event.name, event.from == Side::Server);
            Some((key, (event, carried.remove(&key)?)))
        });
        entries.collect()
    }
}

/// All changes from one contract to another, sorted.
pub(super) fn changes(old: &Understood<'_>, new: &Understood<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.contract.name != new.contract.name {
        changes.push(Change {
            rule: Rule::ContractRenamed,
            event: None,
            pointer: String::new(),
            type_name: None,
            what: format!(
                "the contract `{}` is now called `{}`, and so are the files and functions of a generated client",
                old.contract.name, new.contract.name
            ),
            server_first: None,
            client_first: None,
        });
    }
    let (before, after) = (old.table(), new.table());
    for (key, (event, carried)) in &before {
        let other_side = (key.0, !key.1);
        match after.get(key) {
            Some((other, types)) => {
                policies(event, other, &mut changes);
                parts((old, carried), (new, types), event, &mut changes);
            }
            None if after.contains_key(&other_side) && !before.contains_key(&other_side) => {
                turned(event, &mut changes);
            }
            None => gone(event, &mut changes),
        }
    }
    for (key, (event, _)) in &after {
        let other_side = (key.0, !key.1);
        let turned = before.contains_key(&other_side) && !after.contains_key(&other_side);
        if !before.contains_key(key) && !turned {
            came(event, &mut changes);
        }
    }
    changes.sort_by(|one, other| key(one).cmp(&key(other)));
    changes
}

/// By event, and in it from the whole to its parts.
fn key(change: &Change) -> impl Ord + '_ {
    let event = change.event.as_ref();
    let name = event.map(|event| event.name.as_str());
    let by_server = event.is_some_and(|event| event.from == Side::Server);
    let part = event.and_then(|event| event.part).map(|part| part as u8);
    let place = (&change.pointer, change.rule, &change.what);
    (name, by_server, part, place)
}

/// Notes what differs in an event as a whole.
pub(super) fn note(
    event: &Event<'_>,
    rule: Rule,
    what: impl Into<String>,
    (forward, backward): (Option<Clash>, Option<Clash>),
    changes: &mut Vec<Change>,
) {
    let difference = Difference {
        rule,
        pointer: String::new(),
        type_name: None,
        what: what.into(),
        forward,
        backward,
    };
    changes.push(difference.of(event.name, event.from, None));
}

fn gone(event: &Event<'_>, changes: &mut Vec<Change>) {
    let name = event.name;
    let clashes = match event.from {
        Side::Client => (Some(unknown(event)), None),
        Side::Server => (None, Some(missing(event))),
    };
    let what = format!("`{name}` is gone");
    note(event, Rule::EventRemoved, what, clashes, changes);
}

fn came(event: &Event<'_>, changes: &mut Vec<Change>) {
    let name = event.name;
    let clashes = match event.from {
        Side::Client => (None, Some(unknown(event))),
        Side::Server => (Some(missing(event)), None),
    };
    note(
        event,
        Rule::EventAdded,
        format!("`{name}` is new"),
        clashes,
        changes,
    );
}

/// Why an event that a client sends is refused.
fn unknown(event: &Event<'_>) -> Clash {
    let sends = format!("sends `{}`", event.name);
    Clash::new(sends, "answers with `ws.unknown_event`")
}

/// Why a client misses an event.
fn missing(event: &Event<'_>) -> Clash {
    Clash::new(format!("does not send `{}`", event.name), "waits for")
}

fn turned(event: &Event<'_>, changes: &mut Vec<Change>) {
    let clash = || {
        let sends = format!("takes `{}` for an event of the other direction", event.name);
        Clash::new(sends, "does not understand")
    };
    let what = match event.from {
        Side::Client => "the server sends it, no longer clients",
        Side::Server => "clients send it, no longer the server",
    };
    let clashes = (Some(clash()), Some(clash()));
    note(event, Rule::EventDirectionChanged, what, clashes, changes);
}

/// Compares what an event carries.
fn parts(
    (old, before): (&Understood<'_>, &Carried<'_>),
    (new, after): (&Understood<'_>, &Carried<'_>),
    event: &Event<'_>,
    changes: &mut Vec<Change>,
) {
    let mut walk = |part, one, other| {
        let found = Walk::differences((&old.model, one), (&new.model, other));
        changes.extend(
            found
                .into_iter()
                .map(|it| it.of(event.name, event.from, Some(part))),
        );
    };
    walk(Part::Payload, before.payload, after.payload);
    let asks = |asks: bool| if asks { "as a request" } else { "as an event" };
    match (before.reply, after.reply) {
        (Some(one), Some(other)) => {
            walk(Part::Reply, one, other);
            errors((old, before), (new, after), event, changes);
        }
        (None, None) => {}
        (one, other) => {
            let rule = if other.is_some() {
                Rule::EventBecameRequest
            } else {
                Rule::RequestBecameEvent
            };
            let clash = |sent, taken| {
                let sends = format!("sends `{}` {}", event.name, asks(sent));
                Clash::new(sends, format!("only accepts {}", asks(taken)))
            };
            let forward = clash(one.is_some(), other.is_some());
            let backward = clash(other.is_some(), one.is_some());
            let what = format!("`{}` is sent {}", event.name, asks(other.is_some()));
            note(event, rule, what, (Some(forward), Some(backward)), changes);
        }
    }
}

fn errors(
    (old, before): (&Understood<'_>, &Carried<'_>),
    (new, after): (&Understood<'_>, &Carried<'_>),
    event: &Event<'_>,
    changes: &mut Vec<Change>,
) {
    let clash = || Some(Clash::new("may answer with an error", "does not know"));
    let (rule, what, forward, backward) = match (before.error, after.error) {
        (None, None) => return,
        (Some(one), Some(other)) => {
            let found = Walk::differences((&old.model, one), (&new.model, other));
            let found = found.into_iter();
            changes.extend(found.map(|it| it.of(event.name, event.from, Some(Part::Error))));
            return;
        }
        (None, Some(_)) => (Rule::ErrorAdded, "an error is now declared", None, clash()),
        (Some(_), None) => (
            Rule::ErrorRemoved,
            "an error is no longer declared",
            clash(),
            None,
        ),
    };
    let difference = Difference {
        rule,
        pointer: String::new(),
        type_name: None,
        what: what.to_owned(),
        forward,
        backward,
    };
    changes.push(difference.of(event.name, event.from, Some(Part::Error)));
}
