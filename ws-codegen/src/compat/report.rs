//! The outcome, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Change, Compatibility, Rollout, Verdict};
use crate::error::Plain;

impl Compatibility {
    /// Returns all changes as text for people, event by event. It is empty if nothing changed, and the same for the
    /// same contracts, byte for byte.
    pub fn report(&self, rollout: Rollout) -> String {
        let mut text = String::new();
        let mut shown: Option<String> = None;
        for change in &self.changes {
            let heading = heading(change);
            if shown.as_ref() != Some(&heading) {
                let gap = if shown.is_some() { "\n" } else { "" };
                let _ = writeln!(text, "{gap}{}", Plain(&heading));
                shown = Some(heading);
            }
            describe(change, rollout, &mut text);
        }
        text
    }

    /// Returns one sentence with the number of changes by verdict.
    pub fn summary(&self, rollout: Rollout) -> String {
        let count = |verdict| self.count(rollout, verdict);
        let order = match rollout {
            Rollout::ServerFirst => "if the server goes first",
            Rollout::ClientFirst => "if clients go first",
            Rollout::Both => "in some order",
        };
        let breaking = count(Verdict::Breaking);
        let other = match count(Verdict::OtherOrder) {
            0 => String::new(),
            other => format!(", {other} in the other order"),
        };
        match self.changes.len() {
            0 => "nothing changed".to_owned(),
            all => format!(
                "{breaking} of {} {} {order}{other}",
                counted(all, "change"),
                if breaking == 1 || all == 1 {
                    "breaks"
                } else {
                    "break"
                }
            ),
        }
    }

    /// Returns everything as one line of JSON, which `docs/compat.md` describes.
    pub fn json(&self, rollout: Rollout) -> String {
        let changes = self.changes.iter().map(|change| {
            let reasons = |rollout| change.reasons(rollout).next().map(Value::from);
            let verdict = match change.verdict(rollout) {
                Verdict::Breaking => "breaking",
                Verdict::OtherOrder => "other-order",
                Verdict::Safe => "safe",
            };
            json!({
                "rule": change.rule().id(),
                "verdict": verdict,
                "event": change.event(),
                "from": change.from(),
                "part": change.part(),
                "pointer": change.pointer(),
                "type": change.type_name(),
                "what": change.what(),
                "breaks": {
                    "server-first": reasons(Rollout::ServerFirst),
                    "client-first": reasons(Rollout::ClientFirst),
                },
                "help": (change.verdict(Rollout::Both) == Verdict::Breaking).then(|| change.rule().help()),
            })
        });
        json!({
            "format": 1,
            "rollout": rollout.name(),
            "breaking": self.is_breaking(rollout),
            "changes": changes.collect::<Vec<_>>(),
        })
        .to_string()
    }
}

fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

fn heading(change: &Change) -> String {
    match (change.event(), change.from(), change.part()) {
        (Some(event), Some(from), None | Some("payload")) => format!("{from} event `{event}`"),
        (Some(event), Some(_), Some(part)) => format!("{part} of the request `{event}`"),
        _ => "the contract".to_owned(),
    }
}

fn describe(change: &Change, rollout: Rollout, text: &mut String) {
    let verdict = change.verdict(rollout);
    let label = match (verdict, rollout) {
        (Verdict::Breaking, _) => "breaking",
        (Verdict::OtherOrder, Rollout::ServerFirst) => "if clients go first",
        (Verdict::OtherOrder, _) => "if the server goes first",
        (Verdict::Safe, _) => "safe",
    };
    let place = match change.pointer() {
        "" => String::new(),
        pointer => format!(" at {}", Plain(pointer)),
    };
    let within = match change.type_name() {
        Some(name) => format!(" in `{}`", Plain(name)),
        None => String::new(),
    };
    let _ = writeln!(text, "  {label}: {}{place}{within}", change.rule());
    let _ = writeln!(text, "    {}", Plain(change.what()));
    for reason in change.reasons(Rollout::Both) {
        let _ = writeln!(text, "    {}", Plain(reason));
    }
    if verdict == Verdict::Breaking {
        let _ = writeln!(text, "    help: {}", change.rule().help());
    }
}
