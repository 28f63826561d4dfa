use super::bars::{Bar, Panel, Tone, drawing};
use crate::case::{Group, METRICS, Metric};
use crate::run::Results;
use crate::servers::{FLOOR, OURS};

/// The costs as an SVG picture: one panel for each, one bar for each server, all from zero.
pub fn picture(results: &Results) -> String {
    let cases = &results.plan.cases;
    let drawn = |metric: &&Metric| metric.group == Group::Cost && cases.contains(&metric.case);
    let metrics = METRICS.iter().filter(drawn);
    let panels: Vec<Panel<'_>> = metrics.map(|metric| panel(results, metric)).collect();
    let about = format!(
        "CPU time per message received by a client; less is better. Median and range of {} rounds, × the floor: a server on \
         bare epoll.",
        results.plan.rounds
    );
    let machine = format!(
        "{}, Linux {}; server and load on one processor each",
        results.machine.processor, results.machine.kernel
    );
    drawing(
        "What a message costs the server",
        [&about, &machine],
        &panels,
    )
}

fn panel<'a>(results: &'a Results, metric: &'a Metric) -> Panel<'a> {
    let floor = results.server(FLOOR);
    let bars = results.servers.iter().map(|server| {
        let ratio = floor.and_then(|floor| server.ratio(metric.key, floor));
        let why = if server.missing.is_some() {
            "missing"
        } else {
            "failed"
        };
        Bar {
            name: &server.name,
            tone: match &*server.name {
                OURS => Tone::Ours,
                name if name.starts_with(OURS) => Tone::AlsoOurs,
                FLOOR => Tone::Floor,
                _ => Tone::Other,
            },
            unit: metric.unit,
            times: ratio.filter(|_| metric.unit == "µs"),
            length: server.spread(metric.key).ok_or(why),
        }
    });
    Panel {
        title: match metric.unit {
            "KiB" => "memory of an idle client".to_owned(),
            unit => format!("{}, {unit}", metric.title),
        },
        bars: bars.collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::picture;
    use crate::case::{Case, Scale};
    use crate::measure::Machine;
    use crate::run::{Measured, Plan, Results};

    fn results() -> Results {
        let server = |name: &str, figures: &[f64], missing: Option<&str>| Measured {
            name: name.to_owned(),
            title: String::new(),
            missing: missing.map(str::to_owned),
            failures: Vec::new(),
            figures: BTreeMap::from([(
                "fan.cpu".to_owned(),
                figures.iter().copied().map(Some).collect(),
            )]),
        };
        Results {
            machine: Machine {
                processor: "A & B <x>".to_owned(),
                processors: 2,
                kernel: "6".to_owned(),
            },
            plan: Plan {
                rounds: 3,
                cases: vec![Case::Fan],
                scale: Scale {
                    clients: 10,
                    crowd: 10,
                    window: Duration::ZERO,
                    warm_up: Duration::ZERO,
                    rate: 1,
                },
            },
            servers: vec![
                server("floor", &[5.0, 5.0, 5.0], None),
                server("ws", &[10.0, 9.0, 20.0], None),
                server("gorilla", &[], Some("`go` cannot be run")),
            ],
        }
    }

    #[test]
    fn bars_are_as_long_as_their_medians() {
        let svg = picture(&results());
        assert!(
            svg.contains(r##"width="55.0" height="14" fill="#1c2330""##),
            "{svg}"
        );
        assert!(
            svg.contains(r##"width="110.0" height="14" fill="#0b7a5c""##),
            "{svg}"
        );
        assert!(svg.contains("10.0 µs  2.00×"), "{svg}");
    }

    #[test]
    fn a_server_that_is_missing_is_named() {
        let svg = picture(&results());
        assert!(
            svg.contains("gorilla</text>") && svg.contains(">missing</text>"),
            "{svg}"
        );
    }

    #[test]
    fn names_of_machines_cannot_break_the_picture() {
        assert!(picture(&results()).contains("A &amp; B &lt;x&gt;"));
    }
}
