//! Why a server does not take a connection.

/// Why a connection is not taken. Its words are for the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub(crate) enum Refused {
    #[error("this server is shutting down; try again")]
    ShuttingDown,
    #[error("this server has reached its connection limit; try again later")]
    Full,
    #[error("your address has reached its connection limit; try again later")]
    TooManyFromAddress,
    #[error("pages of this origin may not connect")]
    Origin,
}

#[cfg(feature = "metrics")]
impl Refused {
    pub(crate) const ALL: [Self; 4] = [
        Self::ShuttingDown,
        Self::Full,
        Self::TooManyFromAddress,
        Self::Origin,
    ];

    /// The label under which it is counted.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ShuttingDown => "shutting_down",
            Self::Full => "full",
            Self::TooManyFromAddress => "address",
            Self::Origin => "origin",
        }
    }
}
