//! `docs/compat.md`: its table is the table of rules.

use ws_codegen::{Breaks, Rule};

const PAGE: &str = include_str!("../../../docs/compat.md");

/// A rule as a row: whom it may break where clients send, and where the server does.
fn row(rule: Rule) -> String {
    let (client, server) = match rule.breaks() {
        Breaks::Nobody => ("–", "–"),
        Breaks::OldToNew => ("server first", "client first"),
        Breaks::NewToOld => ("client first", "server first"),
        Breaks::Both => ("both", "both"),
        Breaks::OldClient => ("server first", "server first"),
        _ => ("client first", "client first"),
    };
    format!("| `{rule}` | {} | {client} | {server} |", rule.what())
}

#[test]
fn the_table_has_every_rule_and_no_other() {
    let rows: Vec<_> = PAGE
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let expected: Vec<_> = Rule::ALL.iter().map(|rule| row(*rule)).collect();
    assert_eq!(rows, expected, "write it as:\n{}", expected.join("\n"));
}

#[test]
fn rules_that_break_somebody_say_what_to_do() {
    for rule in Rule::ALL {
        assert_eq!(
            rule.help().is_empty(),
            rule.breaks() == Breaks::Nobody,
            "{rule}"
        );
    }
}
