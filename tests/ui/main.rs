//! What the compiler says about mistakes, and that programs without mistakes compile without a warning.
//!
//! Every file below `fail/` and `pass/` is a program of one package, which is checked in one run. A mistake is marked on its
//! line, `//~ error: sentence`, or below it with one `^` for each line in between and itself: `//~^ error: sentence`. After
//! ` @ ` may stand the token that the error points to. `//~ note: sentence` may stand anywhere. All errors must be marked,
//! and no others may occur, so that a mistake that causes a second error fails its test. What rustc says around our own
//! sentences moves between its releases and is not compared.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use self::case::Case;

mod case;

#[test]
fn the_compiler_explains_every_mistake_in_our_own_words() {
    let cases = Case::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui"));
    assert!(cases.len() > 20, "the cases were not found");
    let package = write_package(&cases);
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--quiet",
            "--bins",
            "--keep-going",
            "--message-format=json",
        ])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages: Vec<Value> = messages
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        !messages.is_empty(),
        "cargo printed nothing: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let elsewhere = errors_elsewhere(&cases, &messages);
    assert!(
        elsewhere.is_empty(),
        "no case was looked at, because what they use does not compile:\n\n{elsewhere}"
    );

    let failures: String = cases.iter().map(|case| case.compare(&messages)).collect();
    assert!(failures.is_empty(), "{failures}");
}

/// What the compiler says of errors that are in none of the cases, but in the library under test or in what it needs.
fn errors_elsewhere(cases: &[Case], messages: &[Value]) -> String {
    let is_case = |target: &Value| cases.iter().any(|case| *target == *case.name);
    messages
        .iter()
        .filter(|message| {
            message["reason"] == "compiler-message" && !is_case(&message["target"]["name"])
        })
        .map(|message| &message["message"])
        .filter(|message| message["level"] == "error")
        .filter_map(|message| message["rendered"].as_str())
        .collect()
}

/// A package outside of this workspace, with the same locked dependencies, and one program for each case.
fn write_package(cases: &[Case]) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap();
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    fs::create_dir_all(&package).unwrap();
    let mut manifest = format!(
        "[package]\nname = \"ui\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [lib]\npath = {:?}\n\n[dependencies]\n\
         ws-core = {{ path = {:?} }}\n\
         garde = {{ version = \"*\", features = [\"derive\"] }}\nschemars = \"1\"\n\
         serde = {{ version = \"*\", features = [\"derive\"] }}\n",
        workspace.join("tests/ui/contract.rs"),
        workspace.join("ws-core"),
    );
    for case in cases {
        write!(
            manifest,
            "\n[[bin]]\nname = {:?}\npath = {:?}\n",
            case.name, case.path
        )
        .unwrap();
    }
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    package
}
