//! What a test is told when the file of a contract no longer fits the types.

use std::panic::catch_unwind;
use std::path::PathBuf;
use std::{env, fs, process};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ws_core::WsEvent;
use ws_core::contract::{assert_current, contract_file};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Card {
    title: String,
    votes: u8,
    state: State,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum State {
    Open,
    Done,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct CardId(String);

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "board")]
enum FromClient {
    AddCard(Card),
    DeleteCard(CardId),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "board")]
enum FromServer {
    AddCard(Card),
}

ws_core::contract!(Board = "board" { client: FromClient, server: FromServer });

/// The file as it is committed, after such a change of it.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut file: Value = serde_json::from_str(&contract_file::<Board>().unwrap()).unwrap();
    file["x-ws-contract"]["hash"] = "0".repeat(32).into();
    change(&mut file);
    serde_json::to_string_pretty(&file).unwrap() + "\n"
}

/// What the test of a project says about this committed file.
fn told(name: &str, committed: Option<&str>) -> String {
    let path: PathBuf = env::temp_dir().join(format!("ws-stale-{}-{name}.json", process::id()));
    if let Some(text) = committed {
        fs::write(&path, text).unwrap();
    }
    let failure =
        catch_unwind(|| assert_current::<Board>(&path, "BLESS=1 cargo test")).unwrap_err();
    if committed.is_some() {
        fs::remove_file(&path).unwrap();
    }
    let text = failure.downcast_ref::<String>().unwrap().clone();
    assert!(text.ends_with("\n    BLESS=1 cargo test"), "{text}");
    text
}

fn assert_lines(text: &str, expected: &[&str]) {
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- "))
        .collect();
    assert_eq!(lines, expected, "{text}");
}

#[test]
fn a_member_that_was_added_is_named_and_not_the_line_that_got_a_comma() {
    let committed = changed(|file| {
        let votes = &mut file["$defs"]["Card"]["properties"]["votes"];
        votes.as_object_mut().unwrap().shift_remove("maximum");
    });
    assert_lines(
        &told("member", Some(&committed)),
        &["added: `/$defs/Card/properties/votes/maximum`: 255"],
    );
}

#[test]
fn an_event_that_was_renamed_is_told_by_both_names() {
    let committed = changed(|file| {
        file["x-ws-contract"]["events"][1]["name"] = "board.remove-card".into();
    });
    assert_lines(
        &told("renamed", Some(&committed)),
        &[
            "removed: the client event `board.remove-card`",
            "added: the client event `board.delete-card`",
        ],
    );
}

#[test]
fn what_changed_in_an_event_is_told_with_its_name_and_direction() {
    let committed = changed(|file| {
        let events = file["x-ws-contract"]["events"].as_array_mut().unwrap();
        events[2]["payload"]["$ref"] = "#/$defs/CardId".into();
    });
    assert_lines(
        &told("event", Some(&committed)),
        &[
            "changed: the server event `board.add-card`, `/payload/$ref`: \"#/$defs/CardId\" in the file, \"#/$defs/Card\" in the types",
        ],
    );
}

#[test]
fn a_variant_and_a_field_in_the_middle_do_not_move_what_follows() {
    let committed = changed(|file| {
        let card = &mut file["$defs"]["Card"];
        card["required"] = json!(["title", "state"]);
        card["properties"]
            .as_object_mut()
            .unwrap()
            .shift_remove("votes");
        file["$defs"]["State"]["enum"] = json!(["New", "Open", "Done"]);
    });
    assert_lines(
        &told("middle", Some(&committed)),
        &[
            "added: `/$defs/Card/properties/votes`",
            "added: `/$defs/Card/required/1`: \"votes\"",
            "removed: `/$defs/State/enum/0`: \"New\"",
        ],
    );
}

#[test]
fn of_many_differences_some_are_listed_and_the_others_counted() {
    let committed = changed(|file| {
        let definitions = file["$defs"].as_object_mut().unwrap();
        for count in 10..30 {
            definitions.insert(format!("Old{count}"), json!({ "type": "object" }));
        }
    });
    let text = told("many", Some(&committed));
    assert!(text.contains("\n- removed: `/$defs/Old10`\n"), "{text}");
    assert!(text.contains("\nand 10 more\n"), "{text}");
}

#[test]
fn a_file_that_is_missing_or_no_json_or_only_formatted_otherwise_is_told_so() {
    let missing = told("missing", None);
    assert!(missing.contains("is missing"), "{missing}");
    let conflict = told("conflict", Some("<<<<<<< HEAD\n{}\n"));
    assert!(conflict.contains("is not JSON"), "{conflict}");
    let text = contract_file::<Board>().unwrap().replace('\n', "\r\n");
    let formatted = told("formatted", Some(&text));
    assert!(formatted.contains("line endings"), "{formatted}");
    let hash = told("hash", Some(&changed(|_| ())));
    assert!(hash.contains("`/x-ws-contract/hash`"), "{hash}");
}
