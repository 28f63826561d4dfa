//! The page on failures names the test of each row. Each of them is there, and so is every cell.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../ws-core/src/docs/cluster.md");

#[test]
fn every_row_of_the_failure_contract_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    let mut folders = vec![
        root.join("cluster"),
        root.join("e2e"),
        root.join("../ws-core/src/cluster"),
        root.join("../ws-core/src/channel"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let rows = PAGE
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter(|line| !line.contains("tried by"));
    let mut named = 0;
    for row in rows {
        let tests = row.trim_end_matches('|').rsplit('|').next().unwrap();
        for test in tests.split('`').skip(1).step_by(2) {
            assert!(
                sources.contains(&format!("fn {test}(")),
                "there is no test `{test}`: {row}"
            );
            named += 1;
        }
    }
    assert!(named > 30, "{named}");
}

#[test]
fn every_row_of_a_table_has_as_many_cells_as_its_heading() {
    let mut above = None;
    for line in PAGE.lines() {
        let cells = line.starts_with('|').then(|| line.matches('|').count());
        if let (Some(above), Some(cells)) = (above, cells) {
            assert_eq!(cells, above, "{line}");
        }
        above = cells;
    }
}
