//! The generator as its users meet it: files in, files out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test reports"
)]

mod command_line;
mod compat;
mod documented;
mod event_docs;
mod expected;
mod goldens;
mod hostile;
mod imports;
mod rejects;
