//! Every case of the table: it is told as expected whoever sends, and sample documents agree.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ws_codegen::{Breaks, Rollout, Rule};

use super::cases::CASES;
use super::samples::{samples, validator};
use super::{compare, contract, shorts};

/// Rules that break somebody of whom the schemas do not know, or of which nobody can tell.
const BEYOND_SAMPLES: [&str; 6] = [
    "DENY_UNKNOWN_ADDED",
    "UNDECIDED",
    "PATTERN_CHANGED",
    "FORMAT_CHANGED",
    "MAP_KEYS_CHANGED",
    "ARRAY_TUPLE_CHANGED",
];

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

/// The types that cases may refer to.
fn others(case: &super::cases::Case) -> [Value; 2] {
    let shared = json!({
        "Person": { "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] },
        "Renamed": { "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] },
    });
    [case.old_others, case.new_others].map(|text| {
        let mut all = shared.clone();
        for (name, schema) in parse(text).as_object().unwrap() {
            all[name] = schema.clone();
        }
        all
    })
}

/// An expectation, where the other side sends: what broke the old receiver breaks the new one, and the other way round.
fn turned(expected: &str) -> String {
    match expected.rsplit_once(' ') {
        Some((rule, "server-first")) => format!("{rule} client-first"),
        Some((rule, "client-first")) => format!("{rule} server-first"),
        _ => expected.to_owned(),
    }
}

#[test]
fn changes_of_what_clients_send_are_told_as_the_table_says() {
    for case in CASES {
        let [old_others, new_others] = others(case);
        let old = contract("client", &parse(case.old), &old_others);
        let new = contract("client", &parse(case.new), &new_others);
        assert_eq!(shorts(&compare(&old, &new)), case.expected, "{}", case.name);
    }
}

#[test]
fn changes_of_what_the_server_sends_break_the_other_order() {
    for case in CASES {
        let [old_others, new_others] = others(case);
        let old = contract("server", &parse(case.old), &old_others);
        let new = contract("server", &parse(case.new), &new_others);
        let expected: Vec<_> = case.expected.iter().map(|it| turned(it)).collect();
        assert_eq!(shorts(&compare(&old, &new)), expected, "{}", case.name);
    }
}

#[test]
fn a_case_backwards_breaks_the_other_order() {
    for case in CASES {
        let [old_others, new_others] = others(case);
        let old = contract("client", &parse(case.old), &old_others);
        let new = contract("client", &parse(case.new), &new_others);
        let (there, back) = (compare(&old, &new), compare(&new, &old));
        let beyond = there.changes().iter().chain(back.changes());
        let mut beyond = beyond.map(|change| change.rule());
        if beyond.any(|rule| rule == Rule::DenyUnknownAdded) {
            continue;
        }
        assert_eq!(
            there.is_breaking(Rollout::ServerFirst),
            back.is_breaking(Rollout::ClientFirst),
            "{}",
            case.name
        );
    }
}

#[test]
fn documents_of_the_sender_agree_with_every_verdict() {
    for case in CASES {
        let [old_others, new_others] = others(case);
        let (old, new) = (parse(case.old), parse(case.new));
        let told = |order: &str| {
            let breaks = |it: &&&str| it.ends_with(order) || it.ends_with("both");
            let rules = case.expected.iter().filter(breaks);
            rules
                .map(|it| it.split(' ').next().unwrap())
                .collect::<Vec<_>>()
        };
        let meetings = [
            ("server-first", (&old, &old_others), (&new, &new_others)),
            ("client-first", (&new, &new_others), (&old, &old_others)),
        ];
        for (order, sender, receiver) in meetings {
            let documents = samples(sender.0, sender.1);
            let receives = validator(receiver.0, receiver.1);
            let refused = documents.iter().find(|it| !receives.is_valid(it));
            let told = told(order);
            match refused {
                Some(document) => {
                    assert!(!told.is_empty(), "{}: {document} breaks {order}", case.name);
                }
                None => assert!(
                    told.iter().all(|rule| BEYOND_SAMPLES.contains(rule)),
                    "{}: {told:?} {order}, and yet all fit of {documents:?}",
                    case.name
                ),
            }
        }
    }
}

#[test]
fn every_rule_of_types_has_a_case_that_breaks_and_one_that_does_not() {
    let told: Vec<_> = CASES.iter().flat_map(|case| case.expected).collect();
    let rule_of = |told: &str| told.split(' ').next().unwrap().to_owned();
    let told_rules: BTreeSet<_> = told.iter().map(|it| rule_of(it)).collect();
    let of_events = super::events::RULES;
    for rule in Rule::ALL.iter().filter(|rule| !of_events.contains(*rule)) {
        assert!(told_rules.contains(rule.id()), "{rule} has no case");
        let orders = told.iter().filter(|it| rule_of(it) == rule.id());
        let orders: BTreeSet<_> = orders.map(|it| it.rsplit(' ').next().unwrap()).collect();
        let allowed: &[&str] = match rule.breaks() {
            Breaks::Nobody => &["safe"],
            Breaks::OldToNew => &["safe", "server-first"],
            Breaks::NewToOld => &["safe", "client-first"],
            _ => &["safe", "server-first", "client-first", "both"],
        };
        assert!(
            orders.iter().all(|it| allowed.contains(it)),
            "{rule}: {orders:?}"
        );
        if rule.breaks() != Breaks::Nobody {
            assert!(
                orders.iter().any(|it| *it != "safe"),
                "{rule} breaks nobody"
            );
        }
    }
}
