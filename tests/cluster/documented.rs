//! The page on failures names the test of each row. Each of them is there, and so is every cell.

use std::fs;
use std::path::Path;

use tests::sources;

const PAGE: &str = include_str!("../../ws-core/src/docs/cluster.md");

#[test]
fn every_row_of_the_failure_contract_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        "cluster",
        "e2e",
        "../ws-core/src/cluster",
        "../ws-core/src/channel",
    ];
    let files = folders.map(|folder| sources(&root.join(folder)));
    let texts = files
        .iter()
        .flatten()
        .map(|file| fs::read_to_string(file).unwrap());
    let text: String = texts.collect();
    let rows = PAGE
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter(|line| !line.contains("tried by"));
    let mut named = 0;
    for row in rows {
        let tests = row.trim_end_matches('|').rsplit('|').next().unwrap();
        for test in tests.split('`').skip(1).step_by(2) {
            assert!(
                text.contains(&format!("fn {test}(")),
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
