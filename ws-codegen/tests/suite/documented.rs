//! `docs/types.md`: every pair of blocks in it is true.

use ws_codegen::Options;

const PAGE: &str = include_str!("../../docs/types.md");

/// The fenced blocks of the page, each with its language.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut blocks = Vec::new();
    let mut rest = PAGE;
    while let Some(start) = rest.find("```") {
        let (language, after) = rest[start + 3..].split_once('\n').unwrap();
        let end = after.find("\n```").unwrap();
        blocks.push((language, &after[..end]));
        rest = &after[end + 4..];
    }
    blocks
}

/// What becomes of a schema that is the definition `Example`, beside another definition.
fn generate(schema: &str) -> String {
    let contract = format!(
        r##"{{"x-ws-contract": {{"format": 1, "name": "page", "hash": "{}", "events": [
            {{"name": "example", "from": "server", "payload": {{"$ref": "#/$defs/Example"}}}}]}},
            "$defs": {{"Example": {schema}, "Other": {{"type": "object", "properties": {{"a": true}}}}}}}}"##,
        "0".repeat(32)
    );
    match ws_codegen::typescript(&contract, &Options::default()) {
        Ok(files) => {
            files
                .into_iter()
                .find(|file| file.path == "page.ts")
                .unwrap()
                .contents
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn schemas_become_what_the_page_says() {
    let blocks = blocks();
    assert!(blocks.len() > 20 && blocks.len().is_multiple_of(2));
    for pair in blocks.chunks(2) {
        let [("json", schema), ("ts" | "text", expected)] = pair else {
            panic!("a schema is followed by what becomes of it: {pair:?}");
        };
        let generated = generate(schema);
        assert!(
            generated.contains(&format!("{expected}\n")),
            "\n{schema}\n\nbecomes\n\n{generated}\n\nand not\n\n{expected}"
        );
    }
}
