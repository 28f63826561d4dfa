use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use crate::case::{METRICS, Metric};
use crate::run::{Measured, Results};

/// The results as two tables in Markdown: what a message costs the server, and everything else.
pub fn table(results: &Results) -> String {
    let scale = &results.plan.scale;
    let mut text = format!(
        "{} ({} processors), Linux {}; medians of {} rounds of {:.1} s.\n\n\
         Server CPU per message received by a client, or per client where it says so; ± is half of the range of the rounds, \
         × the median of the ratios to the floor in the same round.\n{} clients, {} where it says 10k, idle and set-up.\n\n",
        results.machine.processor,
        results.machine.processors,
        results.machine.kernel,
        results.plan.rounds,
        scale.window.as_secs_f64(),
        scale.clients,
        scale.crowd,
    );
    let floor = results.floor();
    push_table(&mut text, results, true, |server, metric| {
        let spread = server.spread(metric)?;
        let mut cell = format!(
            "{} ±{:.0}%",
            number(spread.median),
            spread.relative() * 100.0
        );
        if let Some(ratio) = floor.and_then(|floor| server.ratio(metric, floor)) {
            cell += &format!(" {}×", number(ratio.median));
        }
        Some(cell)
    });
    let _ = writeln!(
        text,
        "\nLatency with every client waiting for one message (saturated), and at {} messages per second (paced).\n",
        scale.rate
    );
    push_table(&mut text, results, false, |server, metric| {
        Some(number(server.spread(metric)?.median))
    });
    for server in &results.servers {
        if let Some(reason) = &server.missing {
            let _ = writeln!(text, "\n{} is missing: {reason}", server.name);
        }
        for failure in &server.failures {
            let _ = writeln!(text, "\n{failure}");
        }
    }
    text
}

fn push_table(
    text: &mut String,
    results: &Results,
    main: bool,
    cell: impl Fn(&Measured, &Metric) -> Option<String>,
) {
    let measured =
        |metric: &&Metric| metric.main == main && results.plan.cases.contains(&metric.case);
    let columns: Vec<&Metric> = METRICS.iter().filter(measured).collect();
    if columns.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let titles = columns
        .iter()
        .map(|metric| format!("{} {}", metric.title, metric.unit));
    table.set_header(std::iter::once("server".to_owned()).chain(titles));
    for server in &results.servers {
        let cells = columns.iter().map(|metric| {
            let empty = if server.missing.is_some() {
                "missing"
            } else {
                "failed"
            };
            cell(server, metric).unwrap_or_else(|| empty.to_owned())
        });
        table.add_row(std::iter::once(server.name.clone()).chain(cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let _ = writeln!(text, "{table}");
}

/// Three digits that count.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
