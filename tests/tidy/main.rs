//! What ARCHITECTURE.md and the style say of the source of `ws-core`, as far as it can be read off the text.

#![expect(
    clippy::unwrap_used,
    reason = "tests stop at the first surprise: a panic is their report"
)]

mod architecture;
mod source;

use source::sources;

/// The style calls a longer file a sign of two ideas.
const MOST_LINES: usize = 400;

#[test]
fn every_module_says_what_it_owns() {
    for file in sources() {
        let opens = file.text.starts_with("//!") || file.text.starts_with("#![doc");
        assert!(opens, "{} does not open with `//!`", file.path);
    }
}

#[test]
fn no_file_is_longer_than_one_idea() {
    for file in sources() {
        let lines = file.text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", file.path);
    }
}
