use serde_json::{Map, Value, json};

use crate::case::METRICS;
use crate::measure::{Machine, Spread};
use crate::run::{Measured, Results};
use crate::servers::FLOOR;

/// The results for programs, with what each round gave.
pub fn json(results: &Results) -> String {
    let (machine, plan) = (&results.machine, &results.plan);
    let cases = plan.cases.iter().map(|case| case.name());
    let measured = METRICS
        .iter()
        .filter(|metric| plan.cases.contains(&metric.case));
    let metrics = measured
        .map(|metric| json!({ "key": metric.key, "title": metric.title, "unit": metric.unit }));
    let floor = results.server(FLOOR);
    let text = json!({
        "machine": where_from(machine),
        "plan": {
            "rounds": plan.rounds,
            "cases": cases.collect::<Vec<_>>(),
            "clients": plan.scale.clients,
            "crowd": plan.scale.crowd,
            "seconds": plan.scale.window.as_secs_f64(),
            "warm_up_seconds": plan.scale.warm_up.as_secs_f64(),
            "paced_per_second": plan.scale.rate,
        },
        "metrics": metrics.collect::<Vec<_>>(),
        "servers": results.servers.iter().map(|server| described(server, floor)).collect::<Vec<_>>(),
    });
    format!("{text:#}\n")
}

pub(crate) fn where_from(machine: &Machine) -> Value {
    json!({
        "processor": machine.processor,
        "processors": machine.processors,
        "kernel": machine.kernel,
    })
}

fn described(server: &Measured, floor: Option<&Measured>) -> Value {
    let mut figures = Map::new();
    for metric in METRICS {
        let Some(spread) = server.spread(metric.key) else {
            continue;
        };
        let ratio = floor.and_then(|floor| server.ratio(metric.key, floor));
        figures.insert(
            metric.key.to_owned(),
            json!({
                "median": spread.median,
                "least": spread.least,
                "most": spread.most,
                "times_floor": ratio.map(range),
                "rounds": server.figures.get(metric.key),
            }),
        );
    }
    json!({
        "name": server.name,
        "title": server.title,
        "missing": server.missing,
        "failures": server.failures,
        "figures": figures,
    })
}

pub(crate) fn range(spread: Spread) -> Value {
    json!({ "median": spread.median, "least": spread.least, "most": spread.most })
}
