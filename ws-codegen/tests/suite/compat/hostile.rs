//! Contracts that somebody made to break the comparison: they give an answer, soon, and never a safe one by chance.

use std::time::{Duration, Instant};

use crate::hostile::{chain, contract};

/// What is said of a change, soon.
fn changes(old: &str, new: &str) -> Vec<String> {
    let start = Instant::now();
    let found = ws_codegen::compat(old, new).unwrap();
    assert!(start.elapsed() < Duration::from_secs(20));
    let changes = found.changes().iter();
    changes
        .map(|change| format!("{} at {}", change.rule(), change.pointer().len()))
        .collect()
}

#[test]
fn contracts_of_long_chains_are_compared() {
    let member = |last: &'static str| {
        contract(&chain(3_000, move |next| match next {
            3_000 => last.to_owned(),
            _ => format!(
                r##"{{"type":"object","properties":{{"n":{{"anyOf":[{{"$ref":"#/$defs/D{next}"}},{{"type":"null"}}]}}}}}}"##
            ),
        }))
    };
    let (old, new) = (
        member(r#"{"type":"string"}"#),
        member(r#"{"type":"boolean"}"#),
    );
    assert_eq!(changes(&old, &old), Vec::<String>::new());
    assert_eq!(changes(&old, &new), ["TYPE_CHANGED at 5998"]);
}

#[test]
fn alternatives_that_are_nested_too_deeply_are_never_safe() {
    let nested = |last: &'static str| {
        contract(&chain(1_000, move |next| match next {
            1_000 => last.to_owned(),
            _ => format!(r##"{{"anyOf":[{{"$ref":"#/$defs/D{next}"}},{{"const":"v{next}"}}]}}"##),
        }))
    };
    let (old, new) = (
        nested(r#"{"type":"boolean"}"#),
        nested(r#"{"type":"number"}"#),
    );
    assert_eq!(changes(&old, &old), Vec::<String>::new());
    assert_eq!(changes(&old, &new), ["UNDECIDED at 0"]);
}

#[test]
fn alternatives_that_must_all_be_tried_end_in_an_answer() {
    // Each of 40 objects holds one of 40 objects that hold one of 40 objects, and nothing tells any of them apart.
    let arms = |inner: &str, last: &str| {
        let arm = |index: usize| {
            format!(
                r#"{{"type":"object","properties":{{"a{index}":{inner},"z":{last}}},"required":["a{index}"]}}"#
            )
        };
        let arms: Vec<_> = (0..40).map(arm).collect();
        format!(r#"{{"anyOf":[{}]}}"#, arms.join(","))
    };
    let nested = |last: &str| {
        let innermost = arms(r#"{"type":"string"}"#, last);
        let middle = arms(&innermost, r#"{"type":"string"}"#);
        contract(&format!(
            r#""D0":{}"#,
            arms(&middle, r#"{"type":"string"}"#)
        ))
    };
    let found = changes(
        &nested(r#"{"type":"string"}"#),
        &nested(r#"{"type":"boolean"}"#),
    );
    assert!(!found.is_empty(), "{found:?}");
}

#[test]
fn names_of_a_contract_cannot_move_the_cursor() {
    let named = |name: &str| {
        contract(&format!(
            r#""D0":{{"type":"object","properties":{{"{name}":{{"type":"string"}}}},"required":["{name}"]}}"#
        ))
    };
    let found = ws_codegen::compat(&named("a"), &named("\\u001b[31mb")).unwrap();
    let report = found.report(ws_codegen::Rollout::Both);
    assert!(
        report.contains("[31mb") && !report.contains('\u{1b}'),
        "{report}"
    );
}
