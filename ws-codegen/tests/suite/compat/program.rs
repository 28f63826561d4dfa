//! The program: what it prints, and how it ends.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::expected;

/// The chat's contract, as the server's crate exported it, and after some changes.
fn chat() -> (Value, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/chat");
    let old: Value = serde_json::from_str(&expected::contract(&folder)).unwrap();
    let mut new = old.clone();
    let types = &mut new["$defs"];
    types["SendMsg"]["properties"]["room"] = json!({ "type": "string" });
    types["SendMsg"]["required"]
        .as_array_mut()
        .unwrap()
        .push(json!("room"));
    types["ChatMsg"]["properties"]["edited"] = json!({ "type": "boolean" });
    types["ChatMsg"]["required"]
        .as_array_mut()
        .unwrap()
        .push(json!("edited"));
    types["ChatMsg"]["description"] = json!("What was said.");
    new["x-ws-contract"]["events"]
        .as_array_mut()
        .unwrap()
        .push(json!(
            { "name": "chats.typing", "from": "client", "payload": { "type": "object" } }
        ));
    (old, new)
}

struct Case {
    folder: TempDir,
}

impl Case {
    fn of(old: &Value, new: &Value) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("old.json"), old.to_string()).unwrap();
        fs::write(folder.path().join("new.json"), new.to_string()).unwrap();
        Case { folder }
    }

    fn run(&self, more: &[&str]) -> (i32, String, String) {
        let arguments = [&["compat", "old.json", "new.json"], more].concat();
        told(&self.command(&arguments).output().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws-codegen"));
        command.current_dir(&self.folder).args(arguments);
        command
    }
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn what_breaks_is_printed_by_event_and_fails() {
    let (old, new) = chat();
    let (code, report, complaint) = Case::of(&old, &new).run(&[]);
    assert_eq!(code, 1);
    assert_eq!(
        report,
        "\
client event `chats.msg`
  breaking: FIELD_REQUIRED_ADDED at /room in `SendMsg`
    `room` is new and required
    a client built from the old contract does not send `room`, which the new server requires
    help: make it optional (`Option`, or `#[serde(default)]`) until all senders know it

server event `chats.msg`
  safe: DOCS_CHANGED in `ChatMsg`
    its documentation has changed
  if clients go first: FIELD_REQUIRED_ADDED at /edited in `ChatMsg`
    `edited` is new and required
    the old server does not send `edited`, which a client built from the new contract requires

client event `chats.typing`
  if clients go first: EVENT_ADDED
    `chats.typing` is new
    a client built from the new contract sends `chats.typing`, which the old server answers with `ws.unknown_event`
"
    );
    assert_eq!(
        complaint,
        "error: 1 of 4 changes breaks if the server goes first, 2 in the other order\n"
    );
}

#[test]
fn the_order_of_the_rollout_decides() {
    let (old, new) = chat();
    let mut harmless = new.clone();
    harmless["$defs"]["SendMsg"] = old["$defs"]["SendMsg"].clone();
    let case = Case::of(&old, &harmless);
    let (code, report, complaint) = case.run(&[]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert!(
        report
            .ends_with("\n\n0 of 3 changes break if the server goes first, 2 in the other order\n"),
        "{report}"
    );
    for rollout in ["client-first", "both"] {
        let (code, report, complaint) = case.run(&["--rollout", rollout]);
        assert_eq!(code, 1, "{rollout}");
        assert!(report.contains("\n  breaking: EVENT_ADDED\n"), "{report}");
        assert!(
            complaint.starts_with("error: 2 of 3 changes break "),
            "{complaint}"
        );
    }
}

#[test]
fn one_change_that_breaks_nobody_is_counted_in_the_singular() {
    let (old, _) = chat();
    let mut new = old.clone();
    new["$defs"]["ChatMsg"]["description"] = json!("What was said.");
    let (code, report, _) = Case::of(&old, &new).run(&[]);
    assert_eq!(code, 0);
    assert!(
        report.ends_with("\n\n0 of 1 change breaks if the server goes first\n"),
        "{report}"
    );
}

#[test]
fn nothing_is_said_of_contracts_that_are_the_same() {
    let (old, _) = chat();
    let case = Case::of(&old, &old);
    assert_eq!(
        case.run(&[]),
        (0, "nothing changed\n".to_owned(), String::new())
    );
}

#[test]
fn programs_read_one_line_of_json() {
    let (old, new) = chat();
    let case = Case::of(&old, &new);
    let (code, line, _) = case.run(&["--format", "json"]);
    assert_eq!((code, line.lines().count()), (1, 1));
    let found: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&found["format"], &found["rollout"]),
        (&json!(1), &json!("server-first"))
    );
    assert_eq!(
        (
            &found["breaking"],
            found["changes"].as_array().unwrap().len()
        ),
        (&json!(true), 4)
    );
    let change = &found["changes"][0];
    assert_eq!(
        *change,
        json!({
            "rule": "FIELD_REQUIRED_ADDED",
            "verdict": "breaking",
            "event": "chats.msg",
            "from": "client",
            "part": "payload",
            "pointer": "/room",
            "type": "SendMsg",
            "what": "`room` is new and required",
            "breaks": {
                "server-first": "a client built from the old contract does not send `room`, which the new server requires",
                "client-first": null,
            },
            "help": "make it optional (`Option`, or `#[serde(default)]`) until all senders know it",
        })
    );
    assert_eq!(case.run(&["--format", "json"]).1, line);
}

#[test]
fn the_old_contract_may_come_from_git() {
    let (old, new) = chat();
    let case = Case::of(&old, &new);
    let mut child = case
        .command(&["compat", "-", "new.json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(old.to_string().as_bytes())
        .unwrap();
    assert_eq!(told(&child.wait_with_output().unwrap()), case.run(&[]));
}

#[test]
fn what_is_no_contract_is_named() {
    let (old, _) = chat();
    let case = Case::of(&old, &json!({ "openapi": "3.1.0" }));
    let (code, report, complaint) = case.run(&[]);
    assert_eq!((code, report.as_str()), (2, ""));
    assert!(
        complaint.starts_with("new.json:\nerror: this is not a contract file: "),
        "{complaint}"
    );
    let (code, _, complaint) = told(
        &case
            .command(&["compat", "none.json", "old.json"])
            .output()
            .unwrap(),
    );
    assert_eq!(code, 3);
    assert!(
        complaint.starts_with("error: cannot read none.json: "),
        "{complaint}"
    );
    let (code, _, complaint) = told(&case.command(&["compat", "-", "old.json"]).output().unwrap());
    assert_eq!(
        (code, complaint.as_str()),
        (
            2,
            "error: standard input is empty\n  help: check whether the program that writes it has failed\n"
        )
    );
    let (code, _, complaint) = told(&case.command(&["compat", "-", "-"]).output().unwrap());
    assert_eq!(
        (code, complaint.as_str()),
        (
            2,
            "error: only one of the contracts can be read from standard input\n"
        )
    );
}

#[test]
fn help_has_examples_and_exit_codes() {
    let (old, _) = chat();
    let (code, help, _) = told(
        &Case::of(&old, &old)
            .command(&["compat", "--help"])
            .output()
            .unwrap(),
    );
    assert_eq!(code, 0);
    for expected in [
        "git show main:schemas/chat.json | ws-codegen compat - schemas/chat.json",
        "--rollout <ROLLOUT>",
        "--format <FORMAT>",
        "1  something breaks, which is printed",
    ] {
        assert!(help.contains(expected), "{expected}: {help}");
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let (old, mut new) = (chat().0, chat().0);
    let message = chat().1["$defs"]["SendMsg"].clone();
    new["$defs"]["SendMsg"] = message;
    let (code, report, complaint) = Case::of(&old, &new).run(&[]);
    assert_eq!(code, 1);
    let shown = format!("```text\n{report}\n{complaint}```");
    let page = include_str!("../../../../README.md");
    assert!(page.contains(&shown), "{shown}");
}
