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

    /// The id as a number, as other nodes are told.
    #[cfg(feature = "redis")]
    pub(crate) const fn number(self) -> u64 {
        self.0
    }

    /// The id that another node told.
    #[cfg(feature = "redis")]
    pub(crate) const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The part to which it belongs, where connections are divided into so many.
    pub(crate) fn part(self, parts: u32) -> u32 {
        u32::try_from(self.0 % u64::from(parts)).unwrap_or_default()
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c-{:016x}", self.0)
    }
}

/// What only the client of a connection knows: with it, a new connection takes the place of that one. The id alone would not
/// do, because ids stand in logs. Written as the id, a `-`, and 16 hexadecimal digits more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionKey {
    pub(crate) id: ConnectionId,
    secret: u64,
}

impl ConnectionKey {
    /// Draws a new one, with a new id.
    pub(crate) fn random() -> Self {
        Self {
            id: ConnectionId::random(),
            secret: rand::random(),
        }
    }

    /// The key as numbers, as other nodes are told. Whoever reads it on the way could at most close a connection that is
    /// being closed.
    #[cfg(feature = "redis")]
    pub(crate) const fn numbers(self) -> [u64; 2] {
        [self.id.0, self.secret]
    }

    /// The key that another node told.
    #[cfg(feature = "redis")]
    pub(crate) const fn from_numbers([id, secret]: [u64; 2]) -> Self {
        Self {
            id: ConnectionId(id),
            secret,
        }
    }

    /// As the client is told. Not for logs, and so no `Display`.
    pub(crate) fn reveal(self) -> String {
        format!("{}-{:016x}", self.id, self.secret)
    }
}

impl fmt::Debug for ConnectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-…", self.id)
    }
}

impl FromStr for ConnectionKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, secret) = text.rsplit_once('-').ok_or(())?;
        if secret.len() != 16 {
            return Err(());
        }
        let secret = u64::from_str_radix(secret, 16).map_err(|_| ())?;
        Ok(Self {
            id: id.parse()?,
            secret,
        })
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
