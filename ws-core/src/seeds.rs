//! Seeds for the tests that try random cases. `FUZZ_SECONDS` says how long each of them does so, one second by default, and
//! `FUZZ_SEED` with which seed it begins. A test that fails prints its seed.

use std::env;
use std::thread;
use std::time::{Duration, Instant};

/// The seed of one case, which is printed where the case fails.
pub(crate) struct Seed(pub(crate) u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("FUZZ_SEED={}", self.0);
        }
    }
}

/// Seeds, until the time is up.
pub(crate) fn seeds() -> impl Iterator<Item = Seed> {
    let setting = |name: &str| env::var(name).ok().and_then(|value| value.parse().ok());
    let time = Duration::from_secs(setting("FUZZ_SECONDS").unwrap_or(1));
    let first: u64 = setting("FUZZ_SEED").unwrap_or_else(rand::random);
    let start = Instant::now();
    (0..)
        .map(move |step| Seed(first.wrapping_add(step)))
        .take_while(move |seed| seed.0 == first || start.elapsed() < time)
}
