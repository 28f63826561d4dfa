//! What is wrong with a payload, and where in it.

/// A payload that does not match its type, or violates a limit that the type declares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at `{pointer}`")]
#[non_exhaustive]
pub struct Violation {
    /// The place of the mistake, as a JSON pointer (RFC 6901) into `data`. Empty for the whole payload.
    pub pointer: String,
    /// What was expected.
    pub message: String,
}

impl Violation {
    /// A violation at the place that these names and indices lead to.
    pub(crate) fn at(
        segments: impl IntoIterator<Item: AsRef<str>>,
        message: impl Into<String>,
    ) -> Self {
        let mut pointer = String::new();
        for segment in segments {
            pointer.push('/');
            pointer.push_str(&segment.as_ref().replace('~', "~0").replace('/', "~1"));
        }
        Self {
            pointer,
            message: message.into(),
        }
    }

    /// The names and indices that lead to the place.
    pub(crate) fn segments(&self) -> impl Iterator<Item = String> + '_ {
        let segments = self.pointer.split('/').skip(1);
        segments.map(|segment| segment.replace("~1", "/").replace("~0", "~"))
    }
}
