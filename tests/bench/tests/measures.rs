//! Every case, done small to the floor and to this library: the load generator holds both to every message.
#![cfg(target_os = "linux")]

use std::error::Error;
use std::time::Duration;

use bench::case::{Case, METRICS, Scale};
use bench::servers::{FLOOR, OURS, Program, Spec};

fn check(program: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let scale = Scale {
        clients: 10,
        crowd: 150,
        window: Duration::from_millis(20),
        warm_up: Duration::from_millis(5),
        rate: 1_000,
    };
    let spec = Spec::named(name).ok_or("no such server")?;
    for case in Case::ALL {
        let server = Program::new(program.into()).start()?;
        let figures = case
            .run(spec, &server, &scale)
            .map_err(|error| format!("{case:?} of {name}: {error}"))?;
        let found = figures.iter().map(|(metric, _)| *metric);
        let promised = METRICS.iter().filter(|metric| metric.case == case);
        assert_eq!(
            found.collect::<Vec<_>>().len(),
            promised.count(),
            "{case:?}"
        );
        for (metric, figure) in figures {
            assert!(figure.is_finite(), "{} of {name} is {figure}", metric.key);
        }
    }
    Ok(())
}

#[test]
fn every_case_measures_the_floor() {
    check(env!("CARGO_BIN_EXE_floor"), FLOOR).unwrap();
}

#[test]
fn every_case_measures_this_library() {
    check(env!("CARGO_BIN_EXE_bench-server"), OURS).unwrap();
}

#[test]
fn every_case_measures_this_library_in_sessions() {
    check(env!("CARGO_BIN_EXE_bench-server"), "ws-session").unwrap();
}
