//! The servers: what each is, how it is built, and how it is started. Knows nothing of what is measured.

mod build;
mod catalogue;
mod running;

pub use build::Builder;
pub use catalogue::{CLUSTERED, FLOOR, OURS, SERVERS, Spec};
pub use running::{Program, Running};
