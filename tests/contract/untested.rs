//! Where cargo looks for no tests, because a manifest says so to save a build, there are none.

use std::fs;
use std::path::Path;

use tests::sources;

/// Each manifest that says `test = false`, how often it says so, and what is compiled with that alone. `cluster-long` is run by
/// its name.
const UNTESTED: [(&str, usize, &[&str]); 2] = [
    ("tests", 4, &["src", "zoo", "rooms"]),
    (
        "tests/bench",
        4,
        &["src/bin", "src/main.rs", "src/command.rs"],
    ),
];

#[test]
fn no_test_stands_where_cargo_does_not_look_for_any() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (package, times, places) in UNTESTED {
        let package = root.join(package);
        for file in places
            .iter()
            .flat_map(|place| sources(&package.join(place)))
        {
            let text = fs::read_to_string(&file).unwrap();
            let test = text
                .lines()
                .map(str::trim)
                .find(|line| line.starts_with("#[test") || line.starts_with("#[tokio::test"));
            assert_eq!(test, None, "{} has a test that never runs", file.display());
        }
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
        assert_eq!(
            manifest.matches("\ntest = false").count(),
            times,
            "say here which sources {} leaves untested",
            package.display()
        );
    }
}

#[test]
fn no_other_manifest_turns_tests_off() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = workspace
        .lines()
        .find_map(|line| line.strip_prefix("members = "))
        .unwrap();
    let members = members.split('"').skip(1).step_by(2);
    let mut looked_at = 0;
    for member in members.filter(|member| UNTESTED.iter().all(|(known, ..)| known != member)) {
        let manifest = fs::read_to_string(root.join(member).join("Cargo.toml")).unwrap();
        assert!(!manifest.contains("\ntest = false"), "{member}");
        looked_at += 1;
    }
    assert!(looked_at > 4, "{looked_at}");
}
