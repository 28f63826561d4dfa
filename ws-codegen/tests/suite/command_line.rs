//! The program: what it writes, what it says, and how it ends.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use tempfile::TempDir;

const CHAT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/goldens/chat/contract.json"
);

/// Runs the program in `folder`.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ws-codegen"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    told(&output)
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Generates the chat client into `out`, and checks that this worked.
fn generate(folder: &TempDir, extra: &[&str]) -> String {
    let arguments = [&["typescript", CHAT, "--out", "out"], extra].concat();
    let (code, said, complaints) = run(folder.path(), &arguments);
    assert_eq!((code, complaints.as_str()), (0, ""));
    said
}

fn check(folder: &TempDir, extra: &[&str]) -> (i32, String, String) {
    let arguments = [&["typescript", CHAT, "--out", "out", "--check"], extra].concat();
    run(folder.path(), &arguments)
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_written_folder_is_current() {
    let folder = TempDir::new().unwrap();
    let said = generate(&folder, &[]);
    assert!(
        said.starts_with("out: ") && said.contains(" written, 0 unchanged"),
        "{said}"
    );
    assert_eq!(
        check(&folder, &[]),
        (0, "out is up to date\n".to_owned(), String::new())
    );
}

#[test]
fn what_is_right_is_not_touched() {
    let folder = TempDir::new().unwrap();
    generate(&folder, &[]);
    let module = folder.path().join("out/chat.ts");
    let long_ago = SystemTime::UNIX_EPOCH;
    fs::File::options()
        .write(true)
        .open(&module)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let said = generate(&folder, &[]);
    assert!(said.starts_with("out: 0 written"), "{said}");
    assert_eq!(fs::metadata(&module).unwrap().modified().unwrap(), long_ago);
    assert!(
        !listing(&folder.path().join("out"))
            .iter()
            .any(|name| name.ends_with(".tmp"))
    );
}

#[test]
fn a_stale_folder_fails_the_check_with_a_diff_and_stays_as_it_is() {
    let folder = TempDir::new().unwrap();
    generate(&folder, &[]);
    let module = folder.path().join("out/chat.ts");
    let edited = fs::read_to_string(&module)
        .unwrap()
        .replace("sent_at", "sentAt");
    fs::write(&module, &edited).unwrap();
    let (code, diff, complaints) = check(&folder, &[]);
    assert_eq!(code, 1);
    assert!(
        diff.starts_with("--- out/chat.ts\n+++ out/chat.ts\n@@ "),
        "{diff}"
    );
    assert!(
        diff.contains("\n-  sentAt: string;\n+  sent_at: string;\n"),
        "{diff}"
    );
    assert!(
        complaints.starts_with("error: out is stale\n  help: "),
        "{complaints}"
    );
    assert_eq!(fs::read_to_string(&module).unwrap(), edited);
    generate(&folder, &[]);
    assert_eq!(check(&folder, &[]).0, 0);
}

#[test]
fn a_missing_file_fails_the_check() {
    let folder = TempDir::new().unwrap();
    let (code, diff, _) = check(&folder, &[]);
    assert_eq!(code, 1);
    assert!(diff.contains("--- /dev/null\n+++ out/chat.ts\n"), "{diff}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn leftovers_of_earlier_runs_fail_the_check_and_are_removed() {
    let folder = TempDir::new().unwrap();
    generate(&folder, &["--emit", "js"]);
    assert!(folder.path().join("out/chat.d.ts").exists());
    let (code, diff, _) = check(&folder, &["--emit", "ts"]);
    assert_eq!(code, 1);
    assert!(diff.contains("--- out/chat.js\n+++ /dev/null\n"), "{diff}");
    let said = generate(&folder, &["--emit", "ts"]);
    assert!(said.contains(" removed"), "{said}");
    let left = listing(&folder.path().join("out"));
    assert!(
        left.contains(&"chat.ts".to_owned()) && !left.contains(&"chat.js".to_owned()),
        "{left:?}"
    );
}

#[test]
fn the_check_compares_with_the_imports_that_are_asked_for() {
    let folder = TempDir::new().unwrap();
    generate(&folder, &["--import-extension", "none"]);
    let module = fs::read_to_string(folder.path().join("out/chat.ts")).unwrap();
    assert!(module.contains("from \"./runtime/index\";"), "{module}");
    assert_eq!(check(&folder, &["--import-extension", "none"]).0, 0);
    let (code, diff, _) = check(&folder, &[]);
    assert_eq!(code, 1);
    assert!(
        diff.contains("-} from \"./runtime/checks\";\n+} from \"./runtime/checks.js\";\n"),
        "{diff}"
    );
    generate(&folder, &["--import-extension", "ts"]);
    assert_eq!(check(&folder, &["--import-extension", "ts"]).0, 0);
    assert_eq!(check(&folder, &["--import-extension", "none"]).0, 1);
}

#[test]
fn plain_modules_with_imports_of_another_kind_are_refused() {
    let folder = TempDir::new().unwrap();
    for extension in ["ts", "none"] {
        let arguments = ["typescript", CHAT, "--out", "out", "--emit", "js"];
        let arguments = [&arguments[..], &["--import-extension", extension]].concat();
        let (code, said, complaints) = run(folder.path(), &arguments);
        assert_eq!((code, said.as_str()), (2, ""));
        assert!(
            complaints.starts_with(
                "error: `--import-extension` only applies to the sources of `--emit ts`\n  help: "
            ),
            "{complaints}"
        );
        assert!(!folder.path().join("out").exists());
    }
    generate(&folder, &["--emit", "js", "--import-extension", "js"]);
}

#[test]
fn files_of_others_are_neither_removed_nor_overwritten() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    let theirs = folder.path().join("out/mine.ts");
    fs::write(&theirs, "export {};\n").unwrap();
    let other = folder.path().join("out/admin.ts");
    fs::write(
        &other,
        "// Generated by ws-codegen from admin.json (contract hash 0). Do not edit.\n",
    )
    .unwrap();
    generate(&folder, &[]);
    assert!(theirs.exists() && other.exists());
    assert_eq!(check(&folder, &[]).0, 0);

    let module = folder.path().join("out/chat.ts");
    fs::write(&module, "export const precious = 1;\n").unwrap();
    let (code, _, complaints) = run(folder.path(), &["typescript", CHAT, "--out", "out"]);
    assert_eq!(code, 3);
    assert!(
        complaints.starts_with("error: out/chat.ts is in the way"),
        "{complaints}"
    );
    assert_eq!(
        fs::read_to_string(&module).unwrap(),
        "export const precious = 1;\n"
    );
}

#[test]
fn line_ends_that_git_changed_are_no_difference() {
    let folder = TempDir::new().unwrap();
    generate(&folder, &[]);
    let module = folder.path().join("out/chat.ts");
    let contents = fs::read_to_string(&module).unwrap();
    fs::write(&module, contents.replace('\n', "\r\n")).unwrap();
    assert_eq!(check(&folder, &[]).0, 0);
}

#[test]
fn a_contract_may_come_from_standard_input() {
    let folder = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_ws-codegen"))
        .current_dir(folder.path())
        .args(["typescript", "-", "--out", "out"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let contract = fs::read(CHAT).unwrap();
    program.stdin.take().unwrap().write_all(&contract).unwrap();
    assert_eq!(told(&program.wait_with_output().unwrap()).0, 0);
    assert_eq!(check(&folder, &[]).0, 0);
}

#[test]
fn a_refused_contract_ends_with_2_and_writes_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("contract.json"), "{}").unwrap();
    let (code, said, complaints) = run(
        folder.path(),
        &["typescript", "contract.json", "--out", "out"],
    );
    assert_eq!((code, said.as_str()), (2, ""));
    assert!(
        complaints
            .starts_with("error: this is not a contract file: it has no member `x-ws-contract`")
    );
    assert!(!complaints.contains('\x1b'), "colours are for terminals");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_contract_that_is_not_text_or_too_long_is_refused() {
    let folder = TempDir::new().unwrap();
    let contract = folder.path().join("contract.json");
    let arguments = ["typescript", "contract.json", "--out", "out"];
    fs::write(&contract, b"{\"\xff\"}").unwrap();
    let (code, _, complaints) = run(folder.path(), &arguments);
    assert_eq!(
        (code, complaints.as_str()),
        (2, "error: contract.json is not UTF-8 from byte 2 on\n")
    );
    fs::File::create(&contract)
        .unwrap()
        .set_len(100 * 1024 * 1024)
        .unwrap();
    let (code, _, complaints) = run(folder.path(), &arguments);
    assert_eq!(code, 2);
    assert!(
        complaints.starts_with("error: contract.json is longer than"),
        "{complaints}"
    );
}

#[test]
fn a_missing_contract_ends_with_3() {
    let folder = TempDir::new().unwrap();
    let (code, _, complaints) = run(
        folder.path(),
        &["typescript", "nowhere.json", "--out", "out"],
    );
    assert_eq!(code, 3);
    assert!(
        complaints.starts_with("error: cannot read nowhere.json: "),
        "{complaints}"
    );
}

#[test]
fn wrong_usage_ends_with_2_and_help_tells_the_exit_codes() {
    let folder = TempDir::new().unwrap();
    for wrong in [&["typescript", CHAT][..], &["python"], &[]] {
        assert_eq!(run(folder.path(), wrong).0, 2, "{wrong:?}");
    }
    for help in [&["--help"][..], &["typescript", "--help"]] {
        let (code, said, _) = run(folder.path(), help);
        assert_eq!(code, 0);
        assert!(
            said.contains("1  --check: the directory is stale"),
            "{said}"
        );
    }
}

/// What `conform` says of samples that are made of these, each a part of a line.
fn conform(samples: &[&str]) -> (i32, String, String) {
    let folder = TempDir::new().unwrap();
    let lines: Vec<_> = samples
        .iter()
        .map(|sample| {
            format!(r#"{{"event":"chats.msg","from":"client","part":"payload",{sample}}}"#)
        })
        .collect();
    fs::write(
        folder.path().join("samples.json"),
        format!("[{}]", lines.join(",")),
    )
    .unwrap();
    run(folder.path(), &["conform", CHAT, "samples.json"])
}

#[test]
fn samples_on_which_all_agree_end_with_0() {
    let (code, said, complaints) = conform(&[
        r#""data":{"text":"hello"},"serde":true"#,
        r#""mutation":"missing","data":{},"serde":false"#,
        r#""mutation":"kind","data":7"#,
    ]);
    assert_eq!((code, complaints.as_str()), (0, ""), "{said}");
    assert!(
        said.starts_with("3 samples, 2 of them judged by serde: agreement"),
        "{said}"
    );
    assert!(said.contains("not tsc, which was not found"), "{said}");
}

#[test]
fn a_disagreement_ends_with_1_and_is_described() {
    let (code, _, complaints) = conform(&[r#""data":{"text":7},"serde":true"#]);
    assert_eq!(code, 1);
    for part in [
        "the schema and serde differ: payload of the client event `chats.msg`",
        r#"{"text":7}"#,
        "serde: valid, schema: invalid, validator: invalid",
        "error: disagreement on 1 of 1 samples",
    ] {
        assert!(complaints.contains(part), "{part} is not in {complaints}");
    }
}

#[test]
fn a_disagreement_names_its_place_in_a_long_sample() {
    let long = "long ".repeat(200);
    let sample = format!(
        r#""mutation":"kind","place":"/text","data":{{"other":"{long}","text":7}},"serde":true"#
    );
    let (code, _, complaints) = conform(&[&sample]);
    assert_eq!(code, 1);
    for part in [
        "the sample was made by a change at /text, which is 7",
        "the schema says: value is not of type \"string\", at /text, which is 7",
        "the validator says: expected a string of 1 to 2000 characters, at /text, which is 7",
    ] {
        assert!(complaints.contains(part), "{part} is not in {complaints}");
    }
}

#[test]
fn samples_that_are_none_or_of_another_contract_end_with_2() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("samples.json"), "{}").unwrap();
    let (code, _, complaints) = run(folder.path(), &["conform", CHAT, "samples.json"]);
    assert_eq!(code, 2);
    assert!(
        complaints.contains("the samples cannot be read"),
        "{complaints}"
    );
    let other = r#"[{"event":"other","from":"client","part":"payload","data":{}}]"#;
    fs::write(folder.path().join("samples.json"), other).unwrap();
    let (code, _, complaints) = run(folder.path(), &["conform", CHAT, "samples.json"]);
    assert_eq!(code, 2);
    assert!(
        complaints.contains("has no payload of the client event `other`"),
        "{complaints}"
    );
}

#[test]
fn a_program_that_is_not_there_ends_with_3() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("samples.json"), "[]").unwrap();
    let arguments = ["conform", CHAT, "samples.json", "--node", "./nowhere"];
    let (code, _, complaints) = run(folder.path(), &arguments);
    assert_eq!(code, 3);
    assert!(
        complaints.contains("./nowhere cannot be run"),
        "{complaints}"
    );
}

#[test]
fn bigints_stay_strings_where_that_is_asked_for() {
    let contract = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/goldens/codecs/contract.json"
    );
    let folder = TempDir::new().unwrap();
    let (code, ..) = run(
        folder.path(),
        &[
            "typescript",
            contract,
            "--out",
            "out",
            "--no-codecs",
            "--no-brands",
        ],
    );
    assert_eq!(code, 0);
    let module = fs::read_to_string(folder.path().join("out/codecs.ts")).unwrap();
    assert!(module.contains("export type FileId = string;"), "{module}");
    assert!(!folder.path().join("out/codecs.codecs.ts").exists());
}
