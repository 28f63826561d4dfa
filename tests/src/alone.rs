use std::env;
use std::process::Command;

/// Set in a process that runs a single test.
const MARK: &str = "TEST_ALONE";

/// Whether the test of this name runs in a process of its own, where nothing else opens files or takes memory. Where it
/// does not yet, it is run in one here.
///
/// # Panics
///
/// Where the test fails there.
pub fn is_alone(test: &str) -> bool {
    if env::var_os(MARK).is_some() {
        return true;
    }
    let run = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(MARK, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    let complaints = String::from_utf8_lossy(&run.stderr);
    assert!(
        run.status.success() && told.contains("1 passed"),
        "{told}{complaints}"
    );
    false
}
