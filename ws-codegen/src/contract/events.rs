//! The event table.

use std::collections::HashSet;
use std::fmt;

use super::{Json, Location, Members, names, short};
use crate::error::{Problem, Report};

/// One entry of the event table. Its schemas are JSON, and not looked at yet.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    /// Its position in the file's table.
    pub(crate) index: usize,
    pub(crate) name: &'a str,
    pub(crate) from: Side,
    pub(crate) payload: &'a Json,
    /// Present in requests only.
    pub(crate) reply: Option<&'a Json>,
    /// Present in requests only, and not in all.
    pub(crate) error: Option<&'a Json>,
    pub(crate) docs: &'a str,
    pub(crate) deprecated: bool,
    /// How often a client may send it, for people.
    pub(crate) rate: Option<&'a str>,
    /// What becomes of it where its receiver is slow, unless that is disconnected.
    pub(crate) when_slow: Option<&'a str>,
    pub(crate) delivery: Option<&'a str>,
}

/// Which side sends an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Client,
    Server,
}

/// One of an event's schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Payload,
    Reply,
    Error,
}

impl Part {
    /// The member of the table's entry.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Part::Payload => "payload",
            Part::Reply => "reply",
            Part::Error => "error",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Side::Client => "client",
            Side::Server => "server",
        })
    }
}

/// Reads the table, sorted by name. Members that later versions add are ignored: what changes the meaning of an entry
/// changes `format` too.
pub(super) fn read<'a>(
    table: &'a Members,
    at: &Location<'_>,
    report: &mut Report,
) -> Vec<Event<'a>> {
    let at = at.member("events");
    let Some(entries) = table.get("events").and_then(Json::as_array) else {
        report.push(Problem::new(at, "`events` must be an array"));
        return Vec::new();
    };
    let mut events = Vec::with_capacity(entries.len());
    let mut seen = HashSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = at.item(index);
        let Some(entry) = entry.as_object() else {
            let problem = format!("an event must be an object, but is {}", entry.kind());
            report.push(Problem::new(at, problem));
            continue;
        };
        if let Some(event) = read_event(index, entry, &at, report) {
            if !seen.insert((event.name, event.from)) {
                report.push(Problem::new(
                    at,
                    format!("the {} event `{}` appears twice", event.from, event.name),
                ));
            }
            events.push(event);
        }
    }
    events.sort_by_key(|event| event.name);
    events
}

fn read_event<'a>(
    index: usize,
    entry: &'a Members,
    at: &Location<'_>,
    report: &mut Report,
) -> Option<Event<'a>> {
    let name = read_name(entry, at, report);
    let from = read_side(entry, at, report);
    let payload = entry.get(Part::Payload.member());
    if payload.is_none() {
        report.push(Problem::new(at, "the member `payload` is missing"));
    }
    let reply = entry.get(Part::Reply.member());
    let error = entry.get(Part::Error.member());
    if reply.is_some() && from == Some(Side::Server) {
        report.push(Problem::new(
            at.member("reply"),
            "only events that clients send can have a `reply`",
        ));
    }
    if error.is_some() && reply.is_none() {
        report.push(Problem::new(
            at.member("error"),
            "only requests can have an `error`, and a request must have a `reply`",
        ));
    }
    Some(Event {
        index,
        name: name?,
        from: from?,
        payload: payload?,
        reply,
        error,
        docs: entry.get("docs").and_then(Json::as_text).unwrap_or(""),
        deprecated: entry.get("deprecated") == Some(&Json::Boolean(true)),
        rate: entry.get("rate").and_then(Json::as_text),
        when_slow: entry.get("whenSlow").and_then(Json::as_text),
        delivery: entry.get("delivery").and_then(Json::as_text),
    })
}

fn read_name<'a>(entry: &'a Members, at: &Location<'_>, report: &mut Report) -> Option<&'a str> {
    match entry.get("name") {
        Some(Json::Text(name)) if names::is_event_name(name) => Some(name),
        Some(other) => {
            let problem = Problem::new(
                at.member("name"),
                format!("{} cannot name an event", short(other)),
            );
            report.push(problem.help(
                "use at most 128 bytes of visible characters without spaces, for example `chats.msg`",
            ));
            None
        }
        None => {
            report.push(Problem::new(at, "the member `name` is missing"));
            None
        }
    }
}

fn read_side(entry: &Members, at: &Location<'_>, report: &mut Report) -> Option<Side> {
    match entry.get("from").and_then(Json::as_text) {
        Some("client") => Some(Side::Client),
        Some("server") => Some(Side::Server),
        _ => {
            report.push(Problem::new(
                at.member("from"),
                "`from` must be \"client\" or \"server\"",
            ));
            None
        }
    }
}
