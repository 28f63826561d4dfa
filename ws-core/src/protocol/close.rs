//! Close codes, and what a peer is told with them.

use std::borrow::Cow;
use std::fmt;

/// A WebSocket close code: one of RFC 6455, section 7.4, one of this protocol, or one of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The client is done, for example signed out. It does not reconnect by itself.
    pub const NORMAL: Self = Self(1000);
    /// The peer violated RFC 6455.
    pub const PROTOCOL: Self = Self(1002);
    /// The client sent a binary message.
    pub const UNSUPPORTED: Self = Self(1003);
    /// The connection was lost without a close frame.
    ///
    /// This code is passed to [`on_disconnected`](crate::handler::HandlersBuilder::on_disconnected), but never sent
    /// (RFC 6455, section 7.4.1): a connection that is closed with it is closed with 1011,
    /// [`INTERNAL`](Self::INTERNAL), instead. The same applies to 1005 and 1015, which may be reported for a close by
    /// the client.
    pub const ABNORMAL: Self = Self(1006);
    /// The client sent text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// A message exceeds the size limit.
    pub const TOO_LARGE: Self = Self(1009);
    /// The server failed.
    pub const INTERNAL: Self = Self(1011);
    /// The server cannot accept the connection at the moment (from IANA's registry of close codes).
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// The server is shutting down.
    pub const DRAIN: Self = Self(4001);
    /// The credentials have expired.
    pub const EXPIRED: Self = Self(4005);
    /// The client reads too slowly. It reconnects, and resumes from its position.
    pub const SLOW_CONSUMER: Self = Self(4008);
    /// The position is lost. Reserved: no server of this version sends it by itself.
    pub const POSITION_LOST: Self = Self(4010);
    /// The client showed no sign of life.
    pub const PING_TIMEOUT: Self = Self(4012);
    /// The contracts are not compatible. Reserved: no server of this version sends it by itself.
    pub const CONTRACT: Self = Self(4501);
    /// The connection asks for something that it can never have: a user id or a channel name that is empty or too long.
    pub const REFUSED: Self = Self(4502);
    /// The client's access was revoked.
    pub const REVOKED: Self = Self(4503);
    /// The client abused the protocol: it caused too many errors, or sent no `hello`.
    pub const ABUSE: Self = Self(4504);
    /// The connection was replaced by a newer one of the same client.
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
        Self::INVALID_DATA,
        Self::TOO_LARGE,
        Self::INTERNAL,
        Self::TRY_AGAIN_LATER,
        Self::DRAIN,
        Self::EXPIRED,
        Self::SLOW_CONSUMER,
        Self::POSITION_LOST,
        Self::PING_TIMEOUT,
        Self::CONTRACT,
        Self::REFUSED,
        Self::REVOKED,
        Self::ABUSE,
        Self::REPLACED,
    ];

    /// Creates a code of the application's own.
    ///
    /// Codes from 4100 to 4499 tell clients to reconnect, and codes from 4600 to 4999 tell them not to. Returns `None`
    /// for any other number, because the others belong to the RFC or to this protocol.
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

    /// Returns the number on the wire.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Returns `true` if a client reconnects by itself after this code.
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

/// Writes the number.
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

/// How a connection ends: a code, and a reason for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    code: CloseCode,
    reason: Cow<'static, str>,
}

impl Close {
    /// The maximum length of a reason, in bytes. A close frame holds 125 bytes, two of which are the code (RFC 6455,
    /// section 5.5).
    pub const LONGEST_REASON: usize = 123;

    /// Creates a close with a code and a reason. The reason is truncated to [`LONGEST_REASON`](Self::LONGEST_REASON)
    /// bytes.
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

    /// Creates a close with code 1000 and no reason, after which a client does not reconnect by itself.
    pub fn normal() -> Self {
        Self {
            code: CloseCode::NORMAL,
            reason: Cow::Borrowed(""),
        }
    }

    /// Returns the code.
    pub const fn code(&self) -> CloseCode {
        self.code
    }

    /// Returns the reason, which is empty if none was given.
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
