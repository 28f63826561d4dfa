//! What came out, for people and for programs. Knows nothing of how it was measured.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::metrics::{Goal, METRICS, Metric};
use super::restart::Outcome;
use super::run::{BARE, Results};
use crate::measure::Spread;
use crate::report::bars::{Bar, Panel, Tone, drawing};
use crate::report::{markdown, number, range, where_from};
use crate::run::Measured;
use crate::servers::{CLUSTERED, OURS};

/// The results as tables in Markdown.
pub fn table(results: &Results) -> String {
    let (machine, scale) = (&results.machine, &results.plan.scale);
    let mut text = format!(
        "{}, {} processors, Linux {}; medians of {} rounds of {:.1} s, ± half of their range.\n\
         {} nodes that hear everything, {} publishers at one of them, messages of 200 bytes.\n",
        machine.processor,
        machine.processors,
        machine.kernel,
        results.plan.rounds,
        scale.window.as_secs_f64(),
        scale.nodes,
        scale.publishers,
    );
    let measured = measured(results);
    if !measured.is_empty() {
        let header = ["", BARE, OURS, "×", "goal", "reached"];
        let rows = measured.iter().map(|metric| {
            let ratio = results.ours.ratio(metric.key, &results.bare);
            vec![
                metric.heading(),
                figure(&results.bare, metric),
                figure(&results.ours, metric),
                ratio.map_or(String::new(), |ratio| number(ratio.median)),
                metric.goal.map_or(String::new(), Goal::title),
                match metric.is_reached(results) {
                    Some(true) => "yes".to_owned(),
                    Some(false) => "NO".to_owned(),
                    None => String::new(),
                },
            ]
        });
        let table = markdown(header.map(str::to_owned).to_vec(), rows);
        let _ = writeln!(text, "\n{table}");
    }
    if !results.restarts.is_empty() {
        let _ = writeln!(
            text,
            "\nRedis is killed and comes back. Of what its publisher's node accepted, the listener at the other node was given \
             this. Messages flow again where every one came that was accepted {} s after the restart or later.\n\n{}",
            scale.recovery.as_secs_f64(),
            restarts(results)
        );
    }
    for failure in results.bare.failures.iter().chain(&results.ours.failures) {
        let _ = writeln!(text, "\n{failure}");
    }
    for (name, fault, outcome) in &results.restarts {
        if let Err(reason) = outcome {
            let _ = writeln!(text, "\n{name}, {}: {reason}", fault.title(scale));
        }
    }
    text
}

fn restarts(results: &Results) -> String {
    let header = [
        "Redis",
        "system",
        "accepted of sent",
        "delivered",
        "lost silently",
        "lost, told",
        "gaps",
        "twice",
        "flows again",
    ];
    let rows = results.restarts.iter().map(|(name, fault, outcome)| {
        let mut row = vec![fault.title(&results.plan.scale), name.clone()];
        match outcome {
            Err(reason) if reason.starts_with("missing") => row.push("missing".to_owned()),
            Err(_) => row.push("failed".to_owned()),
            Ok(outcome) => row.extend([
                format!("{} of {}", outcome.accepted, outcome.sent),
                outcome.delivered.to_string(),
                outcome.silent.to_string(),
                outcome.told.to_string(),
                outcome.gaps.to_string(),
                outcome.twice.to_string(),
                flows(outcome).to_owned(),
            ]),
        }
        row
    });
    markdown(header.map(str::to_owned).to_vec(), rows).to_string()
}

fn flows(outcome: &Outcome) -> &'static str {
    match outcome.after {
        (0, _) => "no: nothing is accepted",
        (_, 0) => "NO, silently",
        _ if outcome.flows_again() => "yes",
        _ => "in part",
    }
}

fn measured(results: &Results) -> Vec<&'static Metric> {
    let parts = &results.plan.parts;
    METRICS
        .iter()
        .filter(|metric| {
            let bare = metric.part_of_bare().unwrap_or(metric.part);
            parts.contains(&metric.part) && parts.contains(&bare)
        })
        .collect()
}

fn figure(measured: &Measured, metric: &Metric) -> String {
    match measured.spread(metric.key) {
        Some(spread) => format!(
            "{} ±{:.0}%",
            number(spread.median),
            spread.relative() * 100.0
        ),
        None if measured.name == BARE && metric.part_of_bare().is_none() => String::new(),
        None => "failed".to_owned(),
    }
}

impl Metric {
    fn heading(&self) -> String {
        match self.unit {
            "" => self.title.to_owned(),
            unit => format!("{}, {unit}", self.title),
        }
    }

    /// Whether this library reaches the goal, where there is one and it was measured.
    pub fn is_reached(&self, results: &Results) -> Option<bool> {
        let spread = results.ours.spread(self.key)?;
        let times = results.ours.ratio(self.key, &results.bare);
        Some(match self.goal? {
            Goal::AtMost(most) => spread.median <= most,
            Goal::AllAtMost(most) => spread.most <= most,
            Goal::AtMostTimes(most) => times?.median <= most,
            Goal::AtLeastTimes(least) => times?.median >= least,
        })
    }
}

impl Goal {
    fn title(self) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {most}"),
            Self::AllAtMost(most) => format!("all ≤ {most}"),
            Self::AtMostTimes(most) => format!("≤ {most} ×"),
            Self::AtLeastTimes(least) => format!("≥ {least} ×"),
        }
    }
}

/// The results for programs, with what each round gave.
pub fn json(results: &Results) -> String {
    let (plan, scale) = (&results.plan, &results.plan.scale);
    let metrics = measured(results).into_iter().map(|metric| {
        serde_json::json!({
            "key": metric.key,
            "title": metric.title,
            "unit": metric.unit,
            "goal": metric.goal.map(Goal::title),
            "reached": metric.is_reached(results),
            BARE: described(&results.bare, metric),
            OURS: described(&results.ours, metric),
            "times": results.ours.ratio(metric.key, &results.bare).map(range),
        })
    });
    let restarts = results.restarts.iter().map(|(name, fault, outcome)| {
        serde_json::json!({
            "system": name,
            "title": CLUSTERED.iter().find(|spec| spec.name == name).map(|spec| spec.title),
            "redis": fault.title(scale),
            "outcome": outcome.as_ref().ok(),
            "flows_again": outcome.as_ref().ok().map(Outcome::flows_again),
            "failure": outcome.as_ref().err(),
        })
    });
    let text = serde_json::json!({
        "machine": where_from(&results.machine),
        "plan": {
            "rounds": plan.rounds,
            "parts": plan.parts.iter().map(|part| part.name()).collect::<Vec<_>>(),
            "nodes": scale.nodes,
            "publishers": scale.publishers,
            "joins": scale.joins,
            "at_once": scale.at_once,
            "kills": scale.kills,
            "lease_seconds": scale.lease.as_secs_f64(),
            "seconds": scale.window.as_secs_f64(),
            "warm_up_seconds": scale.warm_up.as_secs_f64(),
        },
        "metrics": metrics.collect::<Vec<_>>(),
        "restarts": restarts.collect::<Vec<_>>(),
        "failures": results.bare.failures.iter().chain(&results.ours.failures).collect::<Vec<_>>(),
    });
    format!("{text:#}\n")
}

fn described(measured: &Measured, metric: &Metric) -> Option<Value> {
    let mut figure: Map<String, Value> =
        serde_json::from_value(range(measured.spread(metric.key)?)).ok()?;
    figure.insert(
        "rounds".to_owned(),
        serde_json::json!(measured.figures.get(metric.key)),
    );
    Some(Value::Object(figure))
}

/// The results as an SVG picture.
pub fn picture(results: &Results) -> String {
    let mut panels: Vec<Panel<'_>> = measured(results)
        .into_iter()
        .map(|metric| Panel {
            title: metric.heading(),
            bars: [&results.bare, &results.ours]
                .into_iter()
                .filter(|measured| measured.name == OURS || metric.part_of_bare().is_some())
                .map(|measured| Bar {
                    name: &measured.name,
                    tone: if measured.name == OURS {
                        Tone::Ours
                    } else {
                        Tone::Floor
                    },
                    unit: metric.unit,
                    times: results
                        .ours
                        .ratio(metric.key, &results.bare)
                        .filter(|_| measured.name == OURS),
                    length: measured.spread(metric.key).ok_or("failed"),
                })
                .collect(),
        })
        .collect();
    for outcomes in results.restarts.chunk_by(|one, next| one.1 == next.1) {
        let [(_, fault, _), ..] = outcomes else {
            continue;
        };
        panels.push(Panel {
            title: format!(
                "Redis {}: sent, and not delivered",
                fault.title(&results.plan.scale)
            ),
            bars: outcomes
                .iter()
                .map(|(name, _, outcome)| Bar {
                    name,
                    tone: if name == OURS {
                        Tone::Ours
                    } else {
                        Tone::Other
                    },
                    unit: "messages",
                    times: None,
                    length: match outcome {
                        Ok(outcome) => {
                            Spread::of([(outcome.sent - outcome.delivered) as f64]).ok_or("failed")
                        }
                        Err(reason) if reason.starts_with("missing") => Err("missing"),
                        Err(_) => Err("failed"),
                    },
                })
                .collect(),
        });
    }
    let about = format!(
        "{} nodes over one Redis, {} publishers at one of them. Median and range of {} rounds, × bare PUBLISH.",
        results.plan.scale.nodes, results.plan.scale.publishers, results.plan.rounds
    );
    let machine = format!(
        "{}, {} processors, Linux {}",
        results.machine.processor, results.machine.processors, results.machine.kernel
    );
    drawing(
        "What a cluster over Redis costs",
        [&about, &machine],
        &panels,
    )
}
