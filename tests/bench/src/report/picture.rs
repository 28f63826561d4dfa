use std::fmt::Write;

use super::table::number;
use crate::case::{Group, METRICS, Metric};
use crate::run::{Measured, Results};
use crate::servers::{FLOOR, OURS};

const WIDTH: usize = 1080;
const COLUMNS: usize = 2;
const PANEL: usize = WIDTH / COLUMNS;
const MARGIN: usize = 24;
const LABELS: usize = 128;
/// The longest bar: beside it there is room for what it says.
const BAR: f64 = 220.0;
const ROW: usize = 20;
const HEAD: usize = 104;
const TITLE: usize = 40;

/// The costs as an SVG picture: one panel for each, one bar for each server, all from zero.
pub fn picture(results: &Results) -> String {
    let cases = &results.plan.cases;
    let drawn = |metric: &&Metric| metric.group == Group::Cost && cases.contains(&metric.case);
    let metrics: Vec<&Metric> = METRICS.iter().filter(drawn).collect();
    let panel = TITLE + results.servers.len() * ROW + 16;
    let height = HEAD + metrics.len().div_ceil(COLUMNS) * panel + MARGIN;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2330">
<title>What a message costs the server</title>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
<text x="{MARGIN}" y="40" font-size="20" font-weight="600">What a message costs the server</text>
<text x="{MARGIN}" y="64" fill="#5b6472">CPU time per message received by a client; less is better. Median and range of {} rounds, × the floor: a server on bare epoll.</text>
<text x="{MARGIN}" y="84" fill="#5b6472">{}, Linux {}; server and load on one processor each</text>
"##,
        results.plan.rounds,
        escape(&results.machine.processor),
        escape(&results.machine.kernel),
    );
    for (index, metric) in metrics.iter().enumerate() {
        let x = index % COLUMNS * PANEL + MARGIN;
        let y = index / COLUMNS * panel + HEAD;
        draw_panel(&mut svg, results, metric, x, y);
    }
    svg += "</svg>\n";
    svg
}

fn draw_panel(svg: &mut String, results: &Results, metric: &Metric, x: usize, y: usize) {
    let of = match metric.unit {
        "KiB" => "memory of an idle client".to_owned(),
        unit => format!("{}, {unit}", metric.title),
    };
    let _ = writeln!(
        svg,
        r##"<text x="{x}" y="{}" font-weight="600">{of}</text>"##,
        y + 24
    );
    let medians = results
        .servers
        .iter()
        .filter_map(|server| server.spread(metric));
    let most = medians
        .map(|spread| spread.most)
        .fold(f64::MIN_POSITIVE, f64::max);
    for (row, server) in results.servers.iter().enumerate() {
        draw_row(
            svg,
            results,
            metric,
            server,
            (x, y + TITLE + row * ROW),
            BAR / most,
        );
    }
}

/// A bar from zero to the median, with a line from the least to the most.
fn draw_row(
    svg: &mut String,
    results: &Results,
    metric: &Metric,
    server: &Measured,
    (x, y): (usize, usize),
    scale: f64,
) {
    let (colour, weight) = match &*server.name {
        OURS => ("#0b7a5c", 600),
        name if name.starts_with(OURS) => ("#5fae98", 400),
        FLOOR => ("#1c2330", 400),
        _ => ("#9db1c9", 400),
    };
    let (start, baseline) = (x + LABELS, y + 14);
    let name = escape(&server.name);
    let _ = writeln!(
        svg,
        r##"<text x="{}" y="{baseline}" text-anchor="end" font-weight="{weight}">{name}</text>"##,
        start - 8
    );
    let Some(spread) = server.spread(metric) else {
        let why = if server.missing.is_some() {
            "missing"
        } else {
            "failed"
        };
        let _ = writeln!(
            svg,
            r##"<text x="{start}" y="{baseline}" fill="#b3261e">{why}</text>"##
        );
        return;
    };
    let length = |value: f64| value.max(0.0) * scale;
    let at = |value: f64| length(value) + start as f64;
    let mut says = format!("{} {}", number(spread.median), metric.unit);
    let ratio = results
        .server(FLOOR)
        .and_then(|floor| server.ratio(metric, floor));
    if let (Some(ratio), "µs") = (ratio, metric.unit) {
        says += &format!("  {}×", number(ratio.median));
    }
    let _ = writeln!(
        svg,
        r##"<rect x="{start}" y="{}" width="{:.1}" height="14" fill="{colour}"/>
<line x1="{:.1}" x2="{:.1}" y1="{middle}" y2="{middle}" stroke="#5b6472"/>
<text x="{:.1}" y="{baseline}" font-weight="{weight}">{says}</text>"##,
        y + 2,
        length(spread.median),
        at(spread.least),
        at(spread.most),
        at(spread.most) + 6.0,
        middle = y + 9,
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
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
