//! Every part of the cluster's benchmark, done small: everything is counted, and complete.
#![cfg(target_os = "linux")]

use std::time::Duration;

use bench::cluster::{
    Fault, METRICS, Part, Plan, Results, Scale, System, json, picture, run, table,
};
use bench::servers::{Builder, OURS, Program, Spec};

const SMALL: Scale = Scale {
    nodes: 2,
    publishers: 4,
    window: Duration::from_millis(50),
    warm_up: Duration::from_millis(10),
    joins: 50,
    at_once: 10,
    kills: 1,
    lease: Duration::from_secs(1),
    outages: (Duration::from_millis(200), Duration::from_millis(400)),
    calm: Duration::from_millis(200),
    recovery: Duration::from_secs(1),
};

fn node() -> Program {
    Program::new(env!("CARGO_BIN_EXE_bench-server").into())
}

async fn measure(parts: &[Part], systems: &[Result<System, (String, String)>]) -> Results {
    let plan = Plan {
        rounds: 2,
        parts: parts.to_vec(),
        scale: SMALL,
    };
    run(plan, &node(), systems, |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_that_has_figures_gives_them_all() {
    let parts = &Part::ALL[..5];
    let results = measure(parts, &[]).await;
    let text = table(&results);
    assert!(results.is_sound(), "{text}");
    for metric in METRICS {
        let of_both = results.bare.figures.contains_key(metric.key);
        assert_eq!(of_both, metric.part_of_bare().is_some(), "{}", metric.key);
        let spread = results.ours.spread(metric.key).unwrap();
        assert!(
            spread.least > 0.0 && spread.most.is_finite(),
            "{}",
            metric.key
        );
        let has_goal = metric.goal.is_some();
        assert_eq!(
            metric.is_reached(&results).is_some(),
            has_goal,
            "{}",
            metric.key
        );
        assert!(text.contains(metric.title), "{text}");
        assert!(picture(&results).contains(metric.title));
    }
    let read: serde_json::Value = serde_json::from_str(&json(&results)).unwrap();
    assert_eq!(read["metrics"].as_array().unwrap().len(), METRICS.len());
    assert_eq!(
        read["metrics"][0][OURS]["rounds"].as_array().unwrap().len(),
        2
    );
}

/// With this library's generated client, on Node.js.
#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_messages_is_told_for_every_fault_and_every_system() {
    let builder = Builder::new().unwrap();
    let ours = System::with(&builder, Spec::clustered(OURS).unwrap(), node()).unwrap();
    let missing = Err(("other".to_owned(), "it is not installed".to_owned()));
    let results = measure(&[Part::Restart], &[Ok(ours), missing]).await;
    let text = table(&results);
    assert!(results.is_sound(), "{text}");
    assert_eq!(results.restarts.len(), 2 * Fault::ALL.len());
    for (name, _, outcome) in &results.restarts {
        match outcome {
            Ok(outcome) => {
                assert_eq!(name, OURS);
                assert_eq!((outcome.silent, outcome.twice), (0, 0), "{text}");
                assert!(outcome.flows_again(), "{text}");
            }
            Err(reason) => assert_eq!(
                (&**name, &**reason),
                ("other", "missing: it is not installed")
            ),
        }
    }
    assert!(text.contains("missing: it is not installed"), "{text}");
}
