//! Which pages may open connections. This module knows headers, and nothing about who serves them.
//!
//! A browser sends the cookies of a server along with a WebSocket that any page in the world opens to it, and no CORS
//! stands in between. The only thing that tells such a page from the application's own is the header `Origin`, which
//! pages cannot set themselves (RFC 6454, section 7; RFC 6455, section 10.2).

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use http::header::{HOST, HeaderValue, ORIGIN};
use http::request::Parts;

/// The origin of sandboxed frames, files, and whatever else has none: of all of them, and so of nobody (RFC 6454, section 4).
const OPAQUE: &str = "null";

/// What a request says of the page that makes it.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    /// One where a browser asks, and none where it is no browser.
    origins: Vec<HeaderValue>,
    /// What the request is addressed to; none where it does not say so, or not clearly.
    host: Option<HeaderValue>,
}

/// Why a connection is not opened, as the log says it. Whoever asked is told less.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// The page is none of those that may.
    #[error(
        "pages of `{origin}` may not connect to `{host}`: to allow them, name all origins that may connect with \
         `WsUpgrade::with_allowed_origins`"
    )]
    Foreign { origin: String, host: String },
    /// The application has named origins, and the page's is none of them.
    #[error(
        "pages of `{origin}` may not connect: `WsUpgrade::with_allowed_origins` names the origins that may, and this one is not \
         among them"
    )]
    NotNamed { origin: String },
    /// What the application allows is not written as an origin.
    #[error(
        "`{0}` is not an origin: `WsUpgrade::with_allowed_origins` takes `scheme://host` or `scheme://host:port`, without a \
         path; to allow any origin, use `with_any_origin`"
    )]
    Misnamed(String),
}

impl Asking {
    pub(crate) fn of(parts: &Parts) -> Self {
        let mut hosts = parts.headers.get_all(HOST).iter();
        // A request that names its target in full means that one (RFC 9112, section 3.2.2), as one of HTTP/2 always does.
        let host = match (parts.uri.authority(), hosts.next(), hosts.next()) {
            (Some(authority), ..) => HeaderValue::from_str(authority.as_str()).ok(),
            (None, host, None) => host.cloned(),
            (None, _, Some(_)) => None,
        };
        Self {
            origins: parts.headers.get_all(ORIGIN).iter().cloned().collect(),
            host,
        }
    }

    /// Whether the page comes from the host and the port that it connects to, or nobody's page asks. The scheme is not
    /// compared: behind a proxy that ends TLS nobody knows it.
    pub(crate) fn is_of_host(&self) -> Result<(), Denied> {
        self.judge(|origin, host| {
            let (Some(origin), Some((host, port))) = (Origin::parse(origin), split_port(host))
            else {
                return false;
            };
            let port = port.or(origin.default_port());
            origin.host.eq_ignore_ascii_case(host) && origin.port() == port
        })
    }

    /// Whether the page comes from one of these origins, or nobody's page asks.
    pub(crate) fn is_of<I>(&self, origins: I) -> Result<(), Denied>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let mut is_named = false;
        for named in origins {
            let named = named.as_ref();
            let Some(named) = Name::parse(named) else {
                return Err(Denied::Misnamed(named.to_owned()));
            };
            is_named |= self.judge(|origin, _| named.is(origin)).is_ok();
        }
        self.judge(|_, _| is_named).map_err(|denied| match denied {
            Denied::Foreign { origin, .. } => Denied::NotNamed { origin },
            denied => denied,
        })
    }

    fn judge(&self, is_allowed: impl FnOnce(&str, &str) -> bool) -> Result<(), Denied> {
        if self.origins.is_empty() {
            return Ok(());
        }
        let host = self.host.as_ref().and_then(|host| host.to_str().ok());
        let host = host.unwrap_or_default();
        if let [origin] = &self.origins[..]
            && let Ok(origin) = origin.to_str()
            && is_allowed(origin, host)
        {
            return Ok(());
        }
        let origins = self.origins.iter().map(|origin| origin.to_str());
        let origins: Vec<_> = origins.map(|origin| origin.unwrap_or("?")).collect();
        Err(Denied::Foreign {
            origin: origins.join(", "),
            host: host.to_owned(),
        })
    }
}

/// The origins whose refusal has been logged. Bounded, because anybody can make up origins and fill the log with them.
#[derive(Debug, Default)]
pub(crate) struct LoggedOrigins(Mutex<HashSet<String>>);

impl LoggedOrigins {
    const MOST: usize = 16;
    const LONGEST: usize = 200;

    /// Whether a refusal is the first of its origin, and one of those that may be logged.
    pub(crate) fn is_first(&self, denied: &Denied) -> bool {
        let (Denied::Foreign { origin, .. } | Denied::NotNamed { origin }) = denied else {
            return false;
        };
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logged.len() < Self::MOST && origin.len() <= Self::LONGEST && logged.insert(origin.clone())
    }
}

/// An origin that the application names.
#[derive(Debug, Clone, Copy)]
enum Name<'a> {
    Opaque,
    Of(Origin<'a>),
}

impl<'a> Name<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        match text {
            OPAQUE => Some(Self::Opaque),
            text => Origin::parse(text).map(Self::Of),
        }
    }

    fn is(self, origin: &str) -> bool {
        match self {
            Self::Opaque => origin == OPAQUE,
            Self::Of(named) => Origin::parse(origin).is_some_and(|origin| origin.is(named)),
        }
    }
}

/// A scheme, a host and a port (RFC 6454, section 6.2).
#[derive(Debug, Clone, Copy)]
struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = split_port(authority)?;
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let named = !scheme.is_empty() && scheme.bytes().all(is_scheme);
        named.then_some(Self { scheme, host, port })
    }

    fn is(self, other: Self) -> bool {
        self.scheme.eq_ignore_ascii_case(other.scheme)
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port() == other.port()
    }

    fn port(self) -> Option<u16> {
        self.port.or(self.default_port())
    }

    /// The port that is meant where none is given.
    fn default_port(self) -> Option<u16> {
        [("http", 80), ("https", 443)]
            .into_iter()
            .find(|(scheme, _)| self.scheme.eq_ignore_ascii_case(scheme))
            .map(|(_, port)| port)
    }
}

/// A host, which may be an IPv6 address in brackets, and its port where one is given. `None` where it is anything else.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = match authority.strip_prefix('[') {
        Some(address) => address.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let is_host = |byte: u8| byte.is_ascii_graphic() && !br#"/\?#@*,"#.contains(&byte);
    if host.is_empty() || !host.bytes().all(is_host) {
        return None;
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((host, None)),
        // As `Host` may be written: the default one (RFC 3986, section 3.2.3).
        Some("") => Some((host, None)),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((host, Some(port.parse().ok()?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn asking(host: &str, origin: &str) -> Asking {
        let request = Request::get("/ws")
            .header(HOST, host)
            .header(ORIGIN, origin);
        Asking::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_page_is_of_the_host_whose_name_and_port_are_its_own() {
        for (host, origin) in [
            ("example.com", "https://example.com"),
            ("example.com", "http://example.com"),
            ("example.com:443", "https://example.com"),
            ("example.com", "https://example.com:443"),
            ("example.com:", "https://example.com"),
            ("EXAMPLE.com", "https://example.COM"),
            ("example.com:8080", "http://example.com:8080"),
            ("[::1]:3000", "http://[::1]:3000"),
            ("[::1]", "http://[::1]"),
        ] {
            assert_eq!(asking(host, origin).is_of_host(), Ok(()), "{host} {origin}");
        }
        for (host, origin) in [
            ("example.com", "https://example.com:8443"),
            ("example.com:8443", "https://example.com"),
            ("example.com:443", "http://example.com"),
            ("example.com", "https://evil.example"),
            ("example.com", "https://example.com.evil.example"),
            ("example.com", "https://evil.example/example.com"),
            ("example.com", "https://evil.example#@example.com"),
            ("example.com", "https://user@example.com"),
            ("example.com", "example.com"),
            ("example.com", "null"),
            ("null", "null"),
            ("example.com", ""),
            ("", "https://"),
            ("example.com", "https://example.com:+443"),
            ("example.com", "https://example.com:99999"),
            ("[::1", "http://[::1"),
            ("[::1]3000", "http://[::1]3000"),
        ] {
            assert!(
                asking(host, origin).is_of_host().is_err(),
                "{host} {origin}"
            );
        }
    }

    #[test]
    fn an_origin_is_its_scheme_its_host_and_its_port() {
        let named = [
            "https://app.example.com",
            "http://localhost:5173",
            "tauri://localhost",
        ];
        for origin in [
            "https://app.example.com",
            "HTTPS://App.Example.com:443",
            "http://localhost:5173",
            "tauri://localhost",
        ] {
            assert_eq!(asking("test", origin).is_of(named), Ok(()), "{origin}");
        }
        for origin in [
            "http://app.example.com",
            "https://app.example.com:80",
            "https://example.com",
            "http://localhost",
            "http://localhost:51730",
            "tauri://localhost:80",
            "http://test",
            "null",
            "https://app.example.com, http://localhost:5173",
        ] {
            assert!(asking("test", origin).is_of(named).is_err(), "{origin}");
        }
        let nobody: [&str; 0] = [];
        assert!(asking("test", "http://test").is_of(nobody).is_err());
        // It is not that the page came to the wrong host.
        let denied = asking("test", "http://test").is_of(named).unwrap_err();
        assert!(
            denied.to_string().contains("this one is not among them"),
            "{denied}"
        );
    }

    #[test]
    fn what_is_no_origin_is_told_whoever_asks() {
        let request = Request::get("/ws").body(()).unwrap();
        let nobody = Asking::of(&request.into_parts().0);
        for named in [
            "app.example.com",
            "https://app.example.com/",
            "https://*.example.com",
            "*",
            "https://",
            "://app",
            "",
        ] {
            let denied = nobody.is_of(["https://app.example.com", named]);
            assert_eq!(denied, Err(Denied::Misnamed(named.to_owned())));
        }
    }

    #[test]
    fn several_hosts_are_none_and_a_full_target_goes_before() {
        let of = |request: http::request::Builder| {
            let request = request.header(ORIGIN, "http://test").body(()).unwrap();
            Asking::of(&request.into_parts().0).is_of_host()
        };
        let twice = Request::get("/ws")
            .header(HOST, "test")
            .header(HOST, "other");
        assert!(of(twice).is_err());
        assert!(of(Request::get("/ws")).is_err());
        assert!(of(Request::get("http://other/ws").header(HOST, "test")).is_err());
        assert!(of(Request::get("http://test/ws").header(HOST, "other")).is_ok());
    }
}
