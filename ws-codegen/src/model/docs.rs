//! What people wrote about a type, a member or an event.

/// Documentation, as written: nothing in it is escaped for any language.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Docs {
    /// Paragraphs, as in the Rust doc comment; empty when there are none.
    pub(crate) text: String,
    pub(crate) deprecated: bool,
    /// What stands for an absent member, as JSON.
    pub(crate) default: Option<String>,
}

impl Docs {
    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Docs::default()
    }
}
