//! Close codes, and what a peer is told with them.

use std::borrow::Cow;
use std::fmt;

/// Why a WebSocket is closed: the codes of RFC 6455, section 7.4, and those of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// Done, for instance signed out. The client does not come back by itself.
    pub const NORMAL: Self = Self(1000);
    /// A violation of RFC 6455.
    pub const PROTOCOL: Self = Self(1002);
    /// A binary message.
    pub const UNSUPPORTED: Self = Self(1003);
    /// The connection was lost without a close frame: what
    /// [`on_disconnected`](crate::handler::HandlersBuilder::on_disconnected) is told then. Never sent (RFC 6455, section 7.4.1):
    /// a connection that is closed with it is closed with 1011, [`INTERNAL`](Self::INTERNAL), and so is one with 1005 or 1015,
    /// which a client's own close may be told as.
    pub const ABNORMAL: Self = Self(1006);
    /// A text that is not UTF-8.
    pub const INVALID: Self = Self(1007);
    /// A message above the size limit.
    pub const TOO_LARGE: Self = Self(1009);
    /// The server failed.
    pub const INTERNAL: Self = Self(1011);
    /// The server cannot take the connection at the moment (IANA's registry of close codes).
    pub const AGAIN: Self = Self(1013);
    /// The server is shutting down.
    pub const DRAIN: Self = Self(4001);
    /// The credentials have expired.
    pub const EXPIRED: Self = Self(4005);
    /// The client reads too slowly: its queue is full.
    pub const SLOW: Self = Self(4008);
    /// The position is lost. Reserved: no server of this version sends it by itself.
    pub const POSITION_LOST: Self = Self(4010);
    /// No sign of life.
    pub const SILENT: Self = Self(4012);
    /// The contracts do not fit together. Reserved: no server of this version sends it by itself.
    pub const CONTRACT: Self = Self(4501);
    /// What the connection asks for can never be had: a user id or a channel's name that is empty or too long.
    pub const REFUSED: Self = Self(4502);
    /// The access was revoked.
    pub const REVOKED: Self = Self(4503);
    /// The protocol was abused: too many errors, or no `hello`.
    pub const ABUSE: Self = Self(4504);
    /// Replaced by a newer connection of the same client.
    pub const REPLACED: Self = Self(4506);

    /// The codes that are those of the RFC or of this protocol and that connections end with: in addition to the constants,
    /// what a browser says when its page goes away, and 1005, which is no code at all.
    #[cfg(feature = "metrics")]
    pub(crate) const KNOWN: [Self; 20] = [
        Self::NORMAL,
        Self(1001),
        Self::PROTOCOL,
        Self::UNSUPPORTED,
        Self(1005),
        Self::ABNORMAL,
        Self::INVALID,
        Self::TOO_LARGE,
        Self::INTERNAL,
        Self::AGAIN,
        Self::DRAIN,
        Self::EXPIRED,
        Self::SLOW,
        Self::POSITION_LOST,
        Self::SILENT,
        Self::CONTRACT,
        Self::REFUSED,
        Self::REVOKED,
        Self::ABUSE,
        Self::REPLACED,
    ];

    /// A code of the application's own: 4100 to 4499 where clients shall reconnect, 4600 to 4999 where they shall not.
    /// `None` for every other number: those are the RFC's or this protocol's.
    ///
    /// ```
    /// use ws_core::CloseCode;
    ///
    /// assert!(CloseCode::application(4600).is_some_and(|code| !code.reconnects()));
    /// assert_eq!(CloseCode::application(1000), None);
    /// ```
    pub const fn application(code: u16) -> Option<Self> {
        match code {
            4100..=4499 | 4600..=4999 => Some(Self(code)),
            _ => None,
        }
    }

    /// A code that a peer sent.
    pub(crate) const fn received(code: u16) -> Self {
        Self(code)
    }

    /// The number on the wire.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Whether a client comes back by itself after this code.
    pub const fn reconnects(self) -> bool {
        !matches!(self.0, 1000 | 4500..=4999)
    }

    /// What is sent for it: the code itself, unless it is one of those that only stand for what has happened (RFC 6455, section
    /// 7.4.1).
    pub(super) const fn sent(self) -> Self {
        match self.0 {
            1005 | 1006 | 1015 => Self::INTERNAL,
            _ => self,
        }
    }
}

/// The number.
///
/// ```
/// use ws_core::CloseCode;
///
/// assert_eq!(CloseCode::REVOKED.to_string(), "4503");
/// ```
impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// How a connection ends: a code, and a reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    code: CloseCode,
    reason: Cow<'static, str>,
}

impl Close {
    /// The longest reason in bytes: a close frame holds 125 bytes, two of them the code (RFC 6455, section 5.5).
    pub const LONGEST_REASON: usize = 123;

    /// A close with a reason, which is cut after [`LONGEST_REASON`](Self::LONGEST_REASON) bytes.
    ///
    /// ```
    /// use ws_core::{Close, CloseCode};
    ///
    /// let close = Close::new(CloseCode::REVOKED, "the account was closed");
    /// assert_eq!(close.code().number(), 4503);
    /// ```
    pub fn new(code: CloseCode, reason: impl Into<Cow<'static, str>>) -> Self {
        let reason = reason.into();
        let end = reason.floor_char_boundary(Self::LONGEST_REASON);
        let reason = if end < reason.len() {
            Cow::Owned(reason[..end].to_owned())
        } else {
            reason
        };
        Self { code, reason }
    }

    /// The close that a peer may be sent for this one.
    pub(crate) fn sent(self) -> Self {
        Self {
            code: self.code.sent(),
            ..self
        }
    }

    /// Done: 1000, after which a client does not come back by itself.
    pub fn normal() -> Self {
        Self {
            code: CloseCode::NORMAL,
            reason: Cow::Borrowed(""),
        }
    }

    /// The code.
    pub const fn code(&self) -> CloseCode {
        self.code
    }

    /// The reason, empty where none was given.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            "" => write!(f, "{}", self.code),
            reason => write!(f, "{} ({reason})", self.code),
        }
    }
}
