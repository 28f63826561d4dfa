use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use crate::case::{Group, METRICS, Metric};
use crate::run::{Measured, Results};
use crate::servers::{FLOOR, OURS};

/// The results as tables in Markdown.
pub fn table(results: &Results) -> String {
    let (scale, machine) = (&results.plan.scale, &results.machine);
    let mut text = format!(
        "{}, {} processors, Linux {}; {} rounds of {:.1} s, of which these are the medians.\n\
         {} clients; {} where it says 10k, and for set-up and memory.\n",
        machine.processor,
        machine.processors,
        machine.kernel,
        results.plan.rounds,
        scale.window.as_secs_f64(),
        scale.clients,
        scale.crowd,
    );
    let mut push = |group, sentence: &str, cell: Cell<'_>| {
        if let Some(table) = rows(results, group, cell) {
            let _ = writeln!(text, "\n{sentence}\n\n{table}");
        }
    };
    let floor = results.server(FLOOR);
    push(
        Group::Cost,
        "Server CPU for each message that a client receives, or for each client: set-up, and memory. ± is half of the \
         range of the rounds, × the median of the ratios to the floor in the same round.",
        &|server, metric| {
            let spread = server.spread(metric.key)?;
            let mut cell = format!(
                "{} ±{:.0}%",
                number(spread.median),
                spread.relative() * 100.0
            );
            if let (Some(floor), "µs") = (floor, metric.unit) {
                cell += &format!(" {}×", number(server.ratio(metric.key, floor)?.median));
            }
            Some(cell)
        },
    );
    if let Some(ours) = results.server(OURS) {
        push(
            Group::Cost,
            "What this library costs as a multiple of each server: less than 1 is cheaper.",
            &|server, metric| Some(number(ours.ratio(metric.key, server)?.median)),
        );
    }
    let median: Cell<'_> = &|server, metric| Some(number(server.spread(metric.key)?.median));
    let pace = format!(
        "Messages received per second, and how long clients wait: with one message under way for each (saturated), with {} \
         messages per second of all together (paced), and for a broadcast to reach the last.",
        scale.rate
    );
    push(Group::Pace, &pace, median);
    push(Group::Memory, "Memory.", median);
    push(
        Group::Limit,
        "How busy each side was. Where the load is above 95 %, the server could have done more; where neither is busy, both wait \
         for something else, such as a timer.",
        median,
    );
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

/// What stands in a cell, where there is something.
type Cell<'a> = &'a dyn Fn(&Measured, &Metric) -> Option<String>;

fn rows(results: &Results, group: Group, cell: Cell<'_>) -> Option<Table> {
    let cases = &results.plan.cases;
    let measured = |metric: &&Metric| metric.group == group && cases.contains(&metric.case);
    let columns: Vec<&Metric> = METRICS.iter().filter(measured).collect();
    if columns.is_empty() {
        return None;
    }
    let titles = columns
        .iter()
        .map(|metric| format!("{} {}", metric.title, metric.unit));
    let rows = results.servers.iter().map(|server| {
        let cells = columns.iter().map(|metric| match cell(server, metric) {
            Some(text) => text,
            None if server.missing.is_some() => "missing".to_owned(),
            None => "failed".to_owned(),
        });
        std::iter::once(server.name.clone()).chain(cells).collect()
    });
    let header = std::iter::once("server".to_owned()).chain(titles).collect();
    Some(markdown(header, rows))
}

/// A table in Markdown, with figures in all columns but the first.
pub(crate) fn markdown(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Three digits that count.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
