//! What is said of an event where it is listened to, sent and called.

use ws_codegen::Options;

/// The module of a contract whose payload `Board` is described, and whose events are these.
fn module(events: &str) -> String {
    let contract = format!(
        r##"{{"x-ws-contract": {{"format": 1, "name": "boards", "hash": "{}", "events": [{events}]}},
            "$defs": {{
                "Board": {{"type": "object", "description": "A board.", "properties": {{"id": {{"type": "string"}}}}}},
                "Old": {{"type": "object", "description": "A board of before.", "deprecated": true}}}}}}"##,
        "0".repeat(32)
    );
    let files = ws_codegen::typescript(&contract, &Options::default()).unwrap();
    let module = files.into_iter().find(|file| file.path == "boards.ts");
    module.unwrap().contents
}

fn assert_has(module: &str, part: &str) {
    assert!(module.contains(part), "{part} is not in {module}");
}

#[test]
fn an_event_that_says_nothing_of_itself_is_described_as_its_payload_is() {
    let module = module(
        r##"{"name": "board.created", "from": "server", "payload": {"$ref": "#/$defs/Board"}},
            {"name": "board.open", "from": "client", "payload": {"$ref": "#/$defs/Board"}, "reply": {"type": "null"}},
            {"name": "board.save", "from": "client", "payload": {"$ref": "#/$defs/Old"}}"##,
    );
    assert_has(&module, "  /** A board. */\n  \"board.created\": Board;\n");
    assert_has(&module, "  /** A board. */\n  \"board.open\": {");
    assert_has(
        &module,
        "  /**\n   * A board of before.\n   * @deprecated\n   */\n  \"board.save\": ",
    );
}

#[test]
fn what_an_event_says_of_itself_stands_instead_of_what_its_payload_says() {
    let module = module(
        r##"{"name": "board.created", "from": "server", "payload": {"$ref": "#/$defs/Board"},
             "docs": "Somebody made one."}"##,
    );
    assert_has(
        &module,
        "  /** Somebody made one. */\n  \"board.created\": Board;\n",
    );
}
