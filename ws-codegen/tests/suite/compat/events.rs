//! Changes of events as a whole.

use serde_json::{Value, json};
use ws_codegen::{Rollout, Rule};

use super::{compare, of_events, shorts};

/// The rules of events; all others are of their types.
pub(super) const RULES: [Rule; 12] = [
    Rule::ContractRenamed,
    Rule::EventAdded,
    Rule::EventRemoved,
    Rule::EventDirectionChanged,
    Rule::EventBecameRequest,
    Rule::RequestBecameEvent,
    Rule::ErrorAdded,
    Rule::ErrorRemoved,
    Rule::RateLowered,
    Rule::RateRaised,
    Rule::WhenSlowChanged,
    Rule::DeliveryChanged,
];

/// An event with some more members.
fn event(name: &str, from: &str, more: Value) -> Value {
    let mut event = json!({ "name": name, "from": from, "payload": { "type": "object" } });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn table(events: &[Value]) -> Value {
    of_events(json!(events), json!({}))
}

/// What is said of a change of one event.
fn told(old: Value, new: Value) -> Vec<String> {
    shorts(&compare(&table(&[old]), &table(&[new])))
}

fn policy(from: &str, old: Value, new: Value) -> Vec<String> {
    told(event("e", from, old), event("e", from, new))
}

#[test]
fn an_event_that_comes_or_goes_breaks_one_order() {
    for from in ["client", "server"] {
        let one = table(&[event("a", from, json!({}))]);
        let two = table(&[event("a", from, json!({})), event("b", from, json!({}))]);
        assert_eq!(
            shorts(&compare(&one, &two)),
            ["EVENT_ADDED client-first"],
            "{from}"
        );
        assert_eq!(
            shorts(&compare(&two, &one)),
            ["EVENT_REMOVED server-first"],
            "{from}"
        );
    }
}

#[test]
fn who_breaks_without_an_event_depends_on_who_sends_it() {
    let none = table(&[]);
    let reason = |old: &Value, new: &Value| {
        let found = compare(old, new);
        let reasons = found.changes()[0].reasons(Rollout::Both);
        reasons.collect::<Vec<_>>().join("; ")
    };
    let by_client = table(&[event("e", "client", json!({}))]);
    let by_server = table(&[event("e", "server", json!({}))]);
    assert_eq!(
        [
            reason(&by_client, &none),
            reason(&none, &by_client),
            reason(&by_server, &none),
            reason(&none, &by_server),
        ],
        [
            "a client built from the old contract sends `e`, which the new server answers with `ws.unknown_event`",
            "a client built from the new contract sends `e`, which the old server answers with `ws.unknown_event`",
            "the new server does not send `e`, which a client built from the old contract waits for",
            "the old server does not send `e`, which a client built from the new contract waits for",
        ]
    );
}

#[test]
fn an_event_that_turns_around_breaks_everybody() {
    let there = event("e", "client", json!({}));
    let back = event("e", "server", json!({}));
    assert_eq!(
        told(there.clone(), back.clone()),
        ["EVENT_DIRECTION_CHANGED both"]
    );
    // An event of each direction may have the same name.
    let (there, both) = (table(std::slice::from_ref(&there)), table(&[there, back]));
    assert_eq!(
        shorts(&compare(&there, &both)),
        ["EVENT_ADDED client-first"]
    );
}

#[test]
fn a_reply_that_comes_or_goes_breaks_everybody() {
    let request = || event("e", "client", json!({ "reply": { "type": "object" } }));
    let plain = || event("e", "client", json!({}));
    assert_eq!(told(plain(), request()), ["EVENT_BECAME_REQUEST both"]);
    assert_eq!(told(request(), plain()), ["REQUEST_BECAME_EVENT both"]);
    assert_eq!(told(request(), request()), Vec::<String>::new());
}

#[test]
fn replies_and_errors_are_what_the_server_sends() {
    let member = |kind: &str| json!({ "type": "object", "properties": { "a": { "type": kind } } });
    let nullable =
        json!({ "type": "object", "properties": { "a": { "type": ["string", "null"] } } });
    let request = |part: &Value| event("e", "client", json!({ "reply": part, "error": part }));
    assert_eq!(
        told(request(&member("string")), request(&nullable)),
        [
            "NULL_ADDED reply/a server-first",
            "NULL_ADDED error/a server-first"
        ]
    );
}

#[test]
fn an_error_that_is_declared_is_unknown_to_clients_of_before() {
    let request = || event("e", "client", json!({ "reply": true }));
    let error = json!({ "type": "object", "properties": { "code": { "const": "no" } }, "required": ["code"] });
    let fallible = || event("e", "client", json!({ "reply": true, "error": error }));
    assert_eq!(
        told(request(), fallible()),
        ["ERROR_ADDED error server-first"]
    );
    assert_eq!(
        told(fallible(), request()),
        ["ERROR_REMOVED error client-first"]
    );
}

#[test]
fn who_sends_as_fast_as_the_other_contract_allows_is_refused() {
    let rate = |old: Option<&str>, new: Option<&str>| {
        let of = |rate: Option<&str>| rate.map_or(json!({}), |rate| json!({ "rate": rate }));
        policy("client", of(old), of(new))
    };
    assert_eq!(
        rate(Some("10/s"), Some("5/s")),
        ["RATE_LOWERED server-first"]
    );
    assert_eq!(
        rate(Some("10/s"), Some("5/min")),
        ["RATE_LOWERED server-first"]
    );
    assert_eq!(rate(None, Some("5/s")), ["RATE_LOWERED server-first"]);
    assert_eq!(
        rate(Some("1/min"), Some("61/h")),
        ["RATE_RAISED client-first"]
    );
    assert_eq!(rate(Some("5/s"), None), ["RATE_RAISED client-first"]);
    // What a period allows may come at once: more in the long run are not always more at once.
    assert_eq!(
        rate(Some("1/s"), Some("60/min")),
        ["RATE_RAISED client-first"]
    );
    assert_eq!(
        rate(Some("60/min"), Some("1/s")),
        ["RATE_LOWERED server-first"]
    );
    assert_eq!(rate(Some("100/min"), Some("2/s")), ["RATE_LOWERED both"]);
    assert_eq!(rate(Some("10/s"), Some("60/min")), ["RATE_LOWERED both"]);
    // What nobody can read.
    assert_eq!(
        rate(Some("5 in 2s"), Some("6 in 2s")),
        ["RATE_LOWERED both"]
    );
    assert_eq!(rate(Some("10/s"), Some("10/s")), Vec::<String>::new());
}

#[test]
fn messages_that_may_be_left_out_break_those_who_count_on_them() {
    let drops = || json!({ "whenSlow": "drop_oldest" });
    assert_eq!(
        policy("server", json!({}), drops()),
        ["WHEN_SLOW_CHANGED server-first"]
    );
    assert_eq!(
        policy("server", drops(), json!({})),
        ["WHEN_SLOW_CHANGED client-first"]
    );
    let ephemeral = || json!({ "delivery": "ephemeral" });
    assert_eq!(
        policy("server", json!({}), ephemeral()),
        ["DELIVERY_CHANGED server-first"]
    );
    assert_eq!(
        policy("server", ephemeral(), json!({})),
        ["DELIVERY_CHANGED client-first"]
    );
    assert_eq!(
        policy("server", ephemeral(), ephemeral()),
        Vec::<String>::new()
    );
}

#[test]
fn words_and_names_of_a_contract_break_nobody() {
    let docs = |docs: &str, deprecated: bool| json!({ "docs": docs, "deprecated": deprecated });
    assert_eq!(
        policy("server", docs("Old.", false), docs("New.", true)),
        ["DEPRECATION_CHANGED safe", "DOCS_CHANGED safe"]
    );
    let old = table(&[]);
    let mut new = old.clone();
    new["x-ws-contract"]["name"] = json!("other");
    assert_eq!(shorts(&compare(&old, &new)), ["CONTRACT_RENAMED safe"]);
}

#[test]
fn every_rule_of_events_has_a_test_here() {
    let page = include_str!("events.rs");
    for rule in RULES {
        assert!(page.contains(&format!("\"{rule} ")), "{rule}");
    }
}
