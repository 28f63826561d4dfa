use std::fmt;
use std::str::FromStr;

/// The id of one connection: random, never used again. Written as `c-` and 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// Draws a new id.
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c-{:016x}", self.0)
    }
}

impl FromStr for ConnectionId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text
            .strip_prefix("c-")
            .filter(|digits| digits.len() == 16)
            .ok_or(())?;
        u64::from_str_radix(digits, 16).map(Self).map_err(|_| ())
    }
}
