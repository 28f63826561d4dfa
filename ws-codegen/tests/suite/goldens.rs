//! `tests/goldens/<case>/`: a contract, and the client that comes out of it, without the runtime.

use std::collections::BTreeMap;

use ws_codegen::{Emit, Options, OutputFile};

use crate::expected;

fn generate(contract: &str, emit: Emit) -> Vec<OutputFile> {
    ws_codegen::typescript(contract, &Options::default().with_emit(emit)).unwrap()
}

#[test]
fn contracts_become_the_expected_clients() {
    let mut diff = String::new();
    for case in expected::cases("goldens") {
        let contract = expected::contract(&case);
        for (folder, emit) in [("ts", Emit::Ts), ("js", Emit::Js)] {
            let files = generate(&contract, emit).into_iter();
            let own: BTreeMap<_, _> = files
                .filter(|file| !file.path.starts_with("runtime/"))
                .map(|file| (file.path, file.contents))
                .collect();
            diff.push_str(&expected::compare(&case.join(folder), &own));
        }
    }
    expected::assert_same(&diff);
}

#[test]
fn two_runs_give_the_same_bytes() {
    for case in expected::cases("goldens") {
        let contract = expected::contract(&case);
        for emit in [Emit::Ts, Emit::Js] {
            assert_eq!(generate(&contract, emit), generate(&contract, emit));
        }
    }
}

#[test]
fn brands_may_be_left_out() {
    for case in expected::cases("goldens") {
        let options = Options::default().with_brands(false);
        for file in ws_codegen::typescript(&expected::contract(&case), &options).unwrap() {
            assert!(!file.contents.contains("__brand"), "{}", file.path);
        }
    }
}

#[test]
fn every_file_is_marked_and_has_a_plain_relative_path() {
    for case in expected::cases("goldens") {
        for emit in [Emit::Ts, Emit::Js] {
            for file in generate(&expected::contract(&case), emit) {
                assert!(
                    file.contents.starts_with(ws_codegen::MARKER),
                    "{}",
                    file.path
                );
                assert!(file.contents.ends_with('\n'), "{}", file.path);
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
                for name in file.path.split('/') {
                    assert!(
                        name.bytes().all(is_plain) && !name.starts_with('.'),
                        "{}",
                        file.path
                    );
                }
            }
        }
    }
}

#[test]
fn linters_are_kept_out_of_every_file() {
    for case in expected::cases("goldens") {
        for emit in [Emit::Ts, Emit::Js] {
            for file in generate(&expected::contract(&case), emit) {
                let second = file.contents.lines().nth(1).unwrap();
                assert!(second.starts_with("/* eslint-disable */"), "{}", file.path);
                // All that ESLint may find in a file stands below these lines, and something does.
                assert!(
                    second.ends_with(r#"["error", "Program > *"] */"#),
                    "{}",
                    file.path
                );
                assert!(file.contents.contains("\nexport "), "{}", file.path);
            }
        }
    }
}

#[test]
fn a_thousand_events_take_less_than_a_second() {
    let mut events = Vec::new();
    let mut definitions = serde_json::Map::new();
    for index in 0..1_000 {
        let name = format!("Event{index}");
        let payload = serde_json::json!({ "$ref": format!("#/$defs/{name}") });
        events.push(serde_json::json!({
            "name": format!("many.event-{index}"), "from": "server", "payload": payload,
        }));
        definitions.insert(
            name,
            serde_json::json!({
                "type": "object",
                "properties": { "id": { "type": "string" }, "next": { "$ref": "#/$defs/Event0" } },
                "required": ["id"],
            }),
        );
    }
    let contract = serde_json::json!({
        "x-ws-contract": { "format": 1, "name": "many", "hash": "0".repeat(32), "events": events },
        "$defs": definitions,
    });
    let contract = contract.to_string();
    let start = std::time::Instant::now();
    let files = generate(&contract, Emit::Ts);
    assert!(
        files
            .iter()
            .any(|file| file.contents.contains("\"many.event-999\": Event999;"))
    );
    assert!(start.elapsed().as_secs_f32() < 1.0, "{:?}", start.elapsed());
}
