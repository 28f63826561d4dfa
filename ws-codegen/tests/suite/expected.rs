//! Expected files: compared, or written anew with `BLESS=1`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// The cases in `tests/<kind>/`, each a folder with a `contract.json`.
pub(crate) fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(kind);
    let entries = fs::read_dir(folder).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// The contract of a case.
pub(crate) fn contract(case: &Path) -> String {
    fs::read_to_string(case.join("contract.json")).unwrap()
}

/// Compares a folder's files with what they should be, by name. Returns a diff of all differences.
pub(crate) fn compare(folder: &Path, actual: &BTreeMap<String, String>) -> String {
    if std::env::var_os("BLESS").is_some() {
        bless(folder, actual);
    }
    let expected = read(folder);
    let names: Vec<_> = actual.keys().chain(expected.keys()).collect();
    let mut diff = String::new();
    for name in std::collections::BTreeSet::from_iter(names) {
        let side = |files: &BTreeMap<String, String>| files.get(name).cloned().unwrap_or_default();
        let (before, after) = (side(&expected), side(actual));
        let path = folder.join(name).display().to_string();
        let lines = TextDiff::from_lines(&before, &after);
        diff.push_str(&lines.unified_diff().header(&path, "generated").to_string());
    }
    diff
}

/// Fails with a diff and the way to accept it.
pub(crate) fn assert_same(diff: &str) {
    assert!(
        diff.is_empty(),
        "{diff}\nif this is intended: BLESS=1 cargo test -p ws-codegen, and review the diff"
    );
}

fn bless(folder: &Path, actual: &BTreeMap<String, String>) {
    for name in read(folder)
        .keys()
        .filter(|name| !actual.contains_key(*name))
    {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    for (name, contents) in actual {
        fs::write(folder.join(name), contents).unwrap();
    }
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    let files = entries.map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.file_name().is_some_and(|name| name != "contract.json"))
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}
