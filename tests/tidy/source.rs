//! The source files of `ws-core`.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of Rust.
pub struct Source {
    /// Its path below `ws-core/src`, with `/` between folders.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The module of the crate that it belongs to.
    pub fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Whether it is compiled for tests alone.
    pub fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "tests.rs" | "conformance" | "fuzz.rs"))
    }

    /// Its lines of code, with their numbers.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = (1..).zip(self.text.lines());
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// The folder that holds the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All source files of `ws-core`.
pub fn sources() -> Vec<Source> {
    let root = root().join("ws-core/src");
    let sources = tests::sources(&root).into_iter().map(|path| {
        let parts = path.strip_prefix(&root).unwrap().iter();
        let parts: Vec<_> = parts.map(|part| part.to_str().unwrap()).collect();
        Source {
            path: parts.join("/"),
            text: fs::read_to_string(&path).unwrap(),
        }
    });
    let sources: Vec<_> = sources.collect();
    assert!(sources.len() > 100, "the source is elsewhere");
    sources
}
