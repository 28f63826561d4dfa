//! What came out, for people and for programs. Knows nothing of how it was measured.

pub(crate) mod bars;
mod json;
mod picture;
mod table;

pub use json::json;
pub(crate) use json::{range, where_from};
pub use picture::picture;
pub use table::table;
pub(crate) use table::{markdown, number};
