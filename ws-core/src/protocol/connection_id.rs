//! Ids of connections, and the keys by which clients prove that a connection was theirs.

use std::fmt;
use std::str::FromStr;

/// The id of one connection: random, never reused, and written as `c-` followed by 16 hexadecimal digits.
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

/// The error of parsing a text that is not a [`ConnectionId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a connection id is `c-` followed by 16 lower-case hexadecimal digits")]
#[non_exhaustive]
pub struct ConnectionIdError;

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
    type Err = ConnectionIdError;

    fn from_str(text: &str) -> Result<Self, ConnectionIdError> {
        let (id, secret) = text.rsplit_once('-').ok_or(ConnectionIdError)?;
        Ok(Self {
            id: id.parse()?,
            secret: number(secret).ok_or(ConnectionIdError)?,
        })
    }
}

/// Parses an id in its written form, such as one that an administrator has copied from a log.
///
/// ```
/// use ws_core::ConnectionId;
///
/// let id: ConnectionId = "c-9f8e7d6c5b4a3928".parse()?;
/// assert_eq!(id.to_string(), "c-9f8e7d6c5b4a3928");
/// assert!("9f8e7d6c5b4a3928".parse::<ConnectionId>().is_err());
/// # Ok::<(), ws_core::ConnectionIdError>(())
/// ```
impl FromStr for ConnectionId {
    type Err = ConnectionIdError;

    fn from_str(text: &str) -> Result<Self, ConnectionIdError> {
        let number = text.strip_prefix("c-").and_then(number);
        number.map(Self).ok_or(ConnectionIdError)
    }
}

/// The number of 16 hexadecimal digits, in lower case as they are written: each has one text.
fn number(digits: &str) -> Option<u64> {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_number = digits.len() == 16 && digits.bytes().all(is_digit);
    u64::from_str_radix(digits, 16).ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_a_key_are_read_as_they_are_written() {
        let key = ConnectionKey::random();
        assert_eq!(key.reveal().parse(), Ok(key));
        assert_eq!(key.id.to_string().parse(), Ok(key.id));
    }

    #[test]
    fn what_is_no_id_is_not_read_as_one() {
        for text in [
            "",
            "c-",
            "c-+23456789abcdef0",
            "c--123456789abcdef",
            "c-0123456789abcde",
            "c-0123456789abcdef0",
            "c-0123456789ABCDEF",
            "C-0123456789abcdef",
            "0123456789abcdef",
            " c-0123456789abcdef",
            "c-01234567é9abcde",
        ] {
            assert_eq!(
                text.parse::<ConnectionId>(),
                Err(ConnectionIdError),
                "{text}"
            );
            let key = format!("{text}-0123456789abcdef");
            assert!(key.parse::<ConnectionKey>().is_err(), "{key}");
        }
        for secret in ["+123456789abcdef", "123456789abcdef", "0123456789ABCDEF"] {
            let key = format!("c-0123456789abcdef-{secret}");
            assert!(key.parse::<ConnectionKey>().is_err(), "{key}");
        }
    }
}
