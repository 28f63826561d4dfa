//! What came out, for people and for programs. Knows nothing of how it was measured.

mod json;
mod picture;
mod table;

pub use json::json;
pub use picture::picture;
pub use table::table;
