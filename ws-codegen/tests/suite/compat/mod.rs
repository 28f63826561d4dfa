//! `ws-codegen compat`: what is said of changes, and that it is true.

mod cases;
mod documented;
mod events;
mod exported;
mod hostile;
mod program;
mod property;
mod samples;
mod table;

use serde_json::{Value, json};
use ws_codegen::{Change, Compatibility, Rollout};

/// A contract of one event, `example`, with the type `Example` and others beside it.
fn contract(from: &str, example: &Value, others: &Value) -> Value {
    let mut definitions = others.clone();
    definitions["Example"] = example.clone();
    let payload = json!({ "$ref": "#/$defs/Example" });
    let event = json!({ "name": "example", "from": from, "payload": payload });
    of_events(json!([event]), definitions)
}

fn of_events(events: Value, definitions: Value) -> Value {
    json!({
        "x-ws-contract": { "format": 1, "name": "page", "hash": "0".repeat(32), "events": events },
        "$defs": definitions,
    })
}

fn compare(old: &Value, new: &Value) -> Compatibility {
    ws_codegen::compat(&old.to_string(), &new.to_string()).unwrap()
}

/// A change in short: its rule, its place, and in which rollouts it breaks somebody.
fn short(change: &Change) -> String {
    let breaks = |rollout| change.reasons(rollout).next().is_some();
    let orders = match (breaks(Rollout::ServerFirst), breaks(Rollout::ClientFirst)) {
        (false, false) => "safe",
        (true, false) => "server-first",
        (false, true) => "client-first",
        (true, true) => "both",
    };
    let part = change.part().unwrap_or_default();
    let place = [part, change.pointer()].concat();
    let words = [change.rule().id(), &place, orders];
    words
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn shorts(found: &Compatibility) -> Vec<String> {
    found.changes().iter().map(short).collect()
}
