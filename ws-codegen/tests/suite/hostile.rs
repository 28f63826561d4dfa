//! Contract files that somebody made to break the generator: they give an error or a client, soon, and nothing else.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;
use ws_codegen::{ContractError, MAX_CONTRACT_BYTES, Options, OutputFile};

fn generate(contract: &str) -> Result<Vec<OutputFile>, ContractError> {
    ws_codegen::typescript(contract, &Options::default())
}

/// A contract of one server event, whose payload is `$defs/D0`.
pub(crate) fn contract(definitions: &str) -> String {
    format!(
        r##"{{"x-ws-contract":{{"format":1,"name":"hostile","hash":"{}","events":[
            {{"name":"a","from":"server","payload":{{"$ref":"#/$defs/D0"}}}}]}},"$defs":{{{definitions}}}}}"##,
        "0".repeat(32)
    )
}

/// Definitions `D0` to `D<count - 1>`, of which each is made from the index of the next.
pub(crate) fn chain(count: usize, definition: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for index in 0..count {
        let comma = if index == 0 { "" } else { "," };
        write!(text, "{comma}\"D{index}\":{}", definition(index + 1)).unwrap();
    }
    text
}

fn refused(contract: &str) -> String {
    let error = generate(contract).expect_err("this contract must be refused");
    error.to_string()
}

#[test]
fn a_file_that_is_too_long_is_not_parsed() {
    let error = refused(&" ".repeat(MAX_CONTRACT_BYTES + 1));
    assert!(error.contains("the limit is"), "{error}");
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        (r#"{"items":"#, "}"),
        (r#"{"type":"array","items":"#, "}"),
        ("[", "]"),
    ] {
        let deep = format!("\"D0\":{}true{}", open.repeat(5_000), close.repeat(5_000));
        let error = refused(&contract(&deep));
        assert!(error.contains("recursion limit exceeded"), "{error}");
    }
}

#[test]
fn a_long_chain_of_aliases_is_followed() {
    let aliases = chain(20_000, |next| format!("{{\"$ref\":\"#/$defs/D{next}\"}}"));
    let files = generate(&contract(&format!(
        "{aliases},\"D20000\":{{\"type\":\"string\"}}"
    )))
    .unwrap();
    assert!(
        files
            .iter()
            .any(|file| file.contents.contains("export type D19999 = D20000;"))
    );
}

#[test]
fn a_long_loop_of_aliases_is_refused() {
    let error = refused(&contract(&chain(20_000, |next| {
        format!("{{\"$ref\":\"#/$defs/D{}\"}}", next % 20_000)
    })));
    assert!(error.contains("the definition `D0` is itself"), "{error}");
}

#[test]
fn a_loop_through_alternatives_is_refused() {
    let error = refused(&contract(
        r##""D0":{"anyOf":[{"$ref":"#/$defs/D1"},{"type":"null"}]},"D1":{"allOf":[{"$ref":"#/$defs/D0"}]}"##,
    ));
    assert!(
        error.contains("the definition `D0` is itself: D0 > D1 > D0"),
        "{error}"
    );
}

#[test]
fn repeated_doubling_does_not_grow_the_client() {
    // Each definition holds the next one twice: written out, this would be 2^60 types.
    let doubling = chain(60, |next| {
        format!(
            "{{\"anyOf\":[{{\"$ref\":\"#/$defs/D{next}\"}},{{\"type\":\"array\",\"items\":{{\"$ref\":\"#/$defs/D{next}\"}}}}]}}"
        )
    });
    let files = generate(&contract(&format!(
        "{doubling},\"D60\":{{\"type\":\"object\"}}"
    )))
    .unwrap();
    assert!(files.iter().all(|file| file.contents.len() < 100_000));
}

#[test]
fn conversions_of_doubled_and_recursive_alternatives_are_found_or_refused() {
    let bigint = r#"{"type":"string","format":"uint64","x-ws-codec":"bigint"}"#;
    let doubling = chain(40, |next| {
        format!(
            "{{\"anyOf\":[{{\"$ref\":\"#/$defs/D{next}\"}},{{\"type\":\"array\",\"items\":{{\"$ref\":\"#/$defs/D{next}\"}}}}]}}"
        )
    });
    let _ = generate(&contract(&format!("{doubling},\"D40\":{bigint}")));
    let long = chain(5_000, |next| {
        format!("{{\"type\":\"array\",\"items\":{{\"$ref\":\"#/$defs/D{next}\"}}}}")
    });
    assert!(generate(&contract(&format!("{long},\"D5000\":{bigint}"))).is_ok());
    let recursive = format!(
        r##""D0":{{"type":"object","properties":{{"id":{bigint},"next":{{"anyOf":[{{"$ref":"#/$defs/D0"}},{{"$ref":"#/$defs/D1"}}]}}}}}},"D1":{{"type":"object"}}"##
    );
    let _ = generate(&contract(&recursive));
}

#[test]
fn arrays_of_fixed_length_do_not_grow_the_client() {
    let mut nested = r#"{"type":"string"}"#.to_owned();
    for _ in 0..40 {
        nested = format!(
            r#"{{"type":"object","properties":{{"a":{{"type":"array","minItems":16,"maxItems":16,"items":{nested}}}}}}}"#
        );
    }
    let files = generate(&contract(&format!("\"D0\":{nested}"))).unwrap();
    assert!(files.iter().all(|file| file.contents.len() < 200_000));
}

#[test]
fn large_lists_are_read_in_no_time() {
    let names: Vec<_> = (0..20_000).map(|index| format!("\"m{index}\"")).collect();
    let names = names.join(",");
    let members = names.replace("\",", "\":true,") + ":true";
    let large = [
        format!(r#""D0":{{"enum":[{names}]}}"#),
        format!(r#""D0":{{"type":"object","properties":{{{members}}},"required":[{names}]}}"#),
        format!(
            r#""D0":{{"allOf":[{{"type":"object","properties":{{{members}}}}},{{"type":"object","properties":{{{members}}},"additionalProperties":{{"type":"null"}}}}]}}"#
        ),
    ];
    for definitions in large {
        assert!(generate(&contract(&definitions)).is_ok());
    }
}

#[test]
fn regular_expressions_are_only_parsed() {
    let nested = format!("{}a{}", "(".repeat(499), ")".repeat(499));
    let repeated = format!("{}a{}", "(?:".repeat(80), "{9999}){9999}".repeat(60));
    for pattern in [
        &*nested,
        &*repeated,
        "(a*)*b",
        "[",
        "(?<a>",
        r"\\p{Nope}",
        "a{99999999999999999999}",
    ] {
        let _ = generate(&contract(&format!(
            r#""D0":{{"type":"string","pattern":"{pattern}"}}"#
        )));
    }
}

#[test]
fn schemas_of_the_wrong_kind_are_refused() {
    // Every keyword with values that it cannot have: a refusal or a client, and no panic.
    let keywords = [
        "type",
        "const",
        "enum",
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minLength",
        "pattern",
        "format",
        "minimum",
        "multipleOf",
        "unevaluatedProperties",
        "x-ws-codec",
        "description",
        "default",
        "if",
        "contains",
        "$id",
        "nullable",
        "x-ws-other",
        "x-other",
        "other",
        "__proto__",
    ];
    let values = [
        "null",
        "true",
        "false",
        "-1",
        "0.5",
        "1e300",
        "9007199254740993",
        "\"\"",
        "\"object\"",
        "[]",
        "[[]]",
        "[null]",
        "[true]",
        "[\"a\",\"a\"]",
        "{}",
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"type\":\"string\"}",
        "\"#/$defs/D0\"",
        "\"#/$defs/nobody\"",
        "\"https://example.com\"",
    ];
    let kinds = ["object", "array", "string", "number", "integer", "null"];
    for keyword in keywords {
        for value in values {
            let _ = generate(&contract(&format!("\"D0\":{{\"{keyword}\":{value}}}")));
            for kind in kinds.iter().filter(|_| keyword != "type") {
                let schema = format!("\"D0\":{{\"type\":\"{kind}\",\"{keyword}\":{value}}}");
                let _ = generate(&contract(&schema));
            }
        }
    }
}

#[test]
fn a_damaged_file_is_refused() {
    // Every prefix of a contract, and the contract without each of its characters.
    let whole = contract(r#""D0":{"type":"object","properties":{"é":{"type":["string","null"]}}}"#);
    assert!(generate(&whole).is_ok());
    for (index, character) in whole.char_indices() {
        assert!(generate(&whole[..index]).is_err());
        let rest = &whole[index + character.len_utf8()..];
        let _ = generate(&format!("{}{rest}", &whole[..index]));
    }
}

/// Numbers that look random and are the same in every run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// All places in a document, as JSON pointers.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let step = name.replace('~', "~0").replace('/', "~1");
                places(member, &format!("{here}/{step}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn contracts_with_parts_in_the_wrong_places_do_no_harm() {
    let mut chance = Chance(0x5eed);
    for case in crate::expected::cases("goldens") {
        let whole: Value = serde_json::from_str(&crate::expected::contract(&case)).unwrap();
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        for _ in 0..300 {
            let mut changed = whole.clone();
            for _ in 0..=chance.below(3) {
                let part = whole
                    .pointer(&all[chance.below(all.len())])
                    .unwrap()
                    .clone();
                if let Some(place) = changed.pointer_mut(&all[chance.below(all.len())]) {
                    *place = part;
                }
            }
            // A part may stand within itself a few times, so that names and depths change too.
            let _ = generate(&changed.to_string());
        }
    }
}

/// Pieces of text that mean something to JSON, to JavaScript, to comments or to paths.
const PIECES: [&str; 24] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "-1e999",
    "*/",
    "/*",
    "//",
    "`${alert(1)}`",
    "</script>",
    "\\u2028",
    "\u{2028}",
    "\u{202e}",
    "__proto__",
    "constructor",
    "../../x",
    "#/$defs/",
    "\n",
    "$ref",
];

#[test]
fn damaged_contracts_are_refused_or_become_files_that_hold_no_surprise() {
    let mut chance = Chance(0xbad_5eed);
    let start = Instant::now();
    let mut accepted = 0;
    for case in crate::expected::cases("goldens") {
        let whole = crate::expected::contract(&case);
        for _ in 0..400 {
            let mut text = whole.clone();
            for _ in 0..=chance.below(3) {
                let mut place = chance.below(text.len());
                while !text.is_char_boundary(place) {
                    place -= 1;
                }
                let piece = PIECES[chance.below(PIECES.len())];
                match chance.below(3) {
                    0 => text.insert_str(place, piece),
                    1 => drop(text.remove(place)),
                    // Within a string, so that the file stays JSON more often.
                    _ => {
                        text = text.replacen(
                            "\": \"",
                            &format!("\": \"{}", piece.replace(['"', '\\', '\n'], "")),
                            1 + chance.below(20),
                        )
                    }
                }
            }
            let one = Instant::now();
            if let Ok(files) = generate(&text) {
                accepted += 1;
                files.iter().for_each(assert_harmless);
            }
            assert!(one.elapsed() < Duration::from_secs(5), "too slow:\n{text}");
        }
    }
    assert!(accepted > 100, "only {accepted} contracts became clients");
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}

/// What no file may hold, whatever the contract says.
fn assert_harmless(file: &OutputFile) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    assert!(
        file.path.bytes().all(plain) && !file.path.contains(".."),
        "{}",
        file.path
    );
    if file.path.starts_with("runtime/") {
        return;
    }
    for line in file.contents.lines() {
        assert!(
            !line.contains(['\u{2028}', '\u{2029}', '\u{202e}', '\r', '\0']),
            "{line:?}"
        );
        let is_comment =
            line.trim_start().starts_with("* ") || line.trim_start().starts_with("/** ");
        let ends = line.matches("*/").count();
        assert!(
            !is_comment || ends == usize::from(line.ends_with("*/")),
            "{line}"
        );
        let is_code = line.replace("`${bigint}`", "").contains("${");
        assert!(is_comment || !is_code || line.contains('"'), "{line}");
    }
}
