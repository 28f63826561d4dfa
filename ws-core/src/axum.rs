//! The upgrade, as an axum extractor. This is the only module that knows about axum.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tungstenite::handshake::derive_accept_key;

use crate::contract::Contract;
use crate::error::Refused;
use crate::origin::{Asking, Denied};
use crate::protocol::SUBPROTOCOL;
use crate::server::Server;
use crate::websocket::Stream;

/// A request to upgrade to a WebSocket, as an axum extractor.
///
/// It combines with any middleware and any other extractors, so the application can identify the client before the
/// connection exists.
///
/// By default, pages of origins other than the server's own are refused. Use
/// [`with_allowed_origins`](Self::with_allowed_origins) to name the origins that may connect.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::{Client, Handlers, Server, WsEvent, WsUpgrade};
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
/// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
/// use axum::Router;
/// use axum::extract::State;
/// use axum::response::Response;
/// use axum::routing::get;
///
/// struct User;
///
/// async fn upgrade(ws: WsUpgrade, State(server): State<Server<Room, User>>) -> Response {
///     ws.accept(&server, User)
/// }
///
/// # async fn say(_: Client<Room, User>, _: Say) {}
/// let handlers = Handlers::<Room, User>::new().handle_message(say).build();
/// let app: Router = Router::new().route("/ws", get(upgrade)).with_state(Server::new(handlers));
/// ```
#[derive(Debug)]
#[must_use = "the upgrade does not happen until it is accepted"]
pub struct WsUpgrade {
    upgrade: OnUpgrade,
    accept: HeaderValue,
    speaks_session: bool,
    address: Option<IpAddr>,
    asking: Asking,
    page: Result<(), Denied>,
}

/// The reason why a request is not upgraded to a WebSocket.
///
/// As a response, it has a status and a sentence that explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeRejection {
    /// The request does not ask for an upgrade. The status is 426.
    #[error(
        "this address only accepts WebSocket connections: send `Connection: Upgrade` and `Upgrade: websocket`"
    )]
    NotAnUpgrade,
    /// The version of the WebSocket protocol is not 13. The status is 426.
    #[error("the WebSocket version must be 13: send `Sec-WebSocket-Version: 13`")]
    Version,
    /// The `Sec-WebSocket-Key` is missing or malformed. The status is 400.
    #[error("the header `Sec-WebSocket-Key` is missing or is not 16 bytes in base64")]
    Key,
    /// The client offers subprotocols, and the server knows none of them. The status is 400.
    #[error("this server supports the subprotocol `ws.v1.json`, or none")]
    Subprotocol,
}

impl WsUpgrade {
    /// Sets the address that the client connects from, for
    /// [`Limits::with_connections_per_address`](crate::Limits::with_connections_per_address).
    ///
    /// The default is the address of the socket, which behind a proxy is that of the proxy. Take the address from a
    /// header only if a proxy of your own sets that header. A listener that hides the socket, such as one for TLS,
    /// needs either this or `into_make_service_with_connect_info::<SocketAddr>()`; otherwise the limit does not apply.
    ///
    /// ```
    /// use std::net::IpAddr;
    /// use ws_core::WsUpgrade;
    ///
    /// fn from_proxy(ws: WsUpgrade, forwarded: IpAddr) -> WsUpgrade {
    ///     ws.with_client_address(forwarded)
    /// }
    /// ```
    pub fn with_client_address(self, address: IpAddr) -> Self {
        Self {
            address: Some(address),
            ..self
        }
    }

    /// Accepts pages of these origins, and of no others.
    ///
    /// An origin is a scheme and a host, such as `https://app.example.com`, and a port where it is not the default of
    /// the scheme. Without this method and without [`with_any_origin`](Self::with_any_origin), a page may connect only
    /// to the host and port that it comes from: the request's `Origin` is compared with its `Host`.
    ///
    /// Browsers let any page in the world open a WebSocket to any server, and send that server's cookies along. If the
    /// server identifies users by a cookie, or by the network that they are in, a stranger's page could act on behalf
    /// of these users (cross-site WebSocket hijacking). Name the origins if
    ///
    /// - the page comes from another host or port, such as a development server (`http://localhost:5173`), or an `app.`
    ///   that connects to an `api.`;
    /// - a proxy passes on a `Host` other than the browser's. `X-Forwarded-Host` is ignored, because there is no
    ///   telling who wrote it;
    /// - pages of your own host that are served over plain `http` are not to be trusted. The scheme that a client used
    ///   is not known behind a proxy, and is compared only once origins are named;
    /// - an application or a browser extension has an origin of its own (`tauri://localhost`).
    ///
    /// A client that sends no `Origin` is not a browser, and is always accepted. `null` is the origin of sandboxed
    /// frames and of files, which anybody can create: naming it accepts any page.
    ///
    /// All other pages are answered with status 403 and a sentence. They are counted as `origin` in
    /// `ws_connections_refused_total`, and logged with both names and that of this method: at `WARN` once for each of
    /// the first 16 origins, and otherwise at `DEBUG`. A string that is not an origin is a mistake in the application,
    /// and shows immediately: [`accept`](Self::accept) answers every request with status 500, and logs an `ERROR` that
    /// says what to write instead.
    ///
    /// ```
    /// use ws_core::WsUpgrade;
    ///
    /// fn from_app(ws: WsUpgrade) -> WsUpgrade {
    ///     ws.with_allowed_origins(["https://app.example.com", "http://localhost:5173"])
    /// }
    /// ```
    pub fn with_allowed_origins<I>(self, origins: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        Self {
            page: self.asking.is_of(origins),
            ..self
        }
    }

    /// Accepts pages of every origin.
    ///
    /// Use it for a server that is open to the world, or for one whose users prove who they are with a
    /// [token](crate::Client::token), rather than with something that browsers send by themselves: cookies, client
    /// certificates and addresses. See [`with_allowed_origins`](Self::with_allowed_origins).
    ///
    /// ```
    /// use ws_core::WsUpgrade;
    ///
    /// fn from_anywhere(ws: WsUpgrade) -> WsUpgrade {
    ///     ws.with_any_origin()
    /// }
    /// ```
    pub fn with_any_origin(self) -> Self {
        Self {
            page: Ok(()),
            ..self
        }
    }

    /// Accepts the request, and makes the connection a client of the server.
    ///
    /// The `session` is what the application attaches to the client. Return the response from the axum handler to
    /// complete the upgrade. The status is 403 if the page may not connect (see
    /// [`with_allowed_origins`](Self::with_allowed_origins)), 503 if the server is shutting down or full, 429 if the
    /// client's address has too many connections, and 500 if the application named an origin that is not one.
    ///
    /// Every refusal is counted in `ws_connections_refused_total`. A refusal with 503 or 429 is logged, too, but at most
    /// once a minute for each of the three reasons: at `WARN` if the server is full, at `WARN` with the address if that
    /// has too many connections, and at `INFO` if the server is shutting down. The field `refused` is the number of
    /// connections that were refused for this reason since the last line.
    pub fn accept<C: Contract, S: Send + Sync + 'static>(
        self,
        server: &Server<C, S>,
        session: S,
    ) -> Response {
        if let Err(denied) = self.page {
            server.refuse_page(&denied);
            return denied.into_response();
        }
        let permit = match server.admit(self.address) {
            Ok(permit) => permit,
            Err(refused) => {
                let status = match refused {
                    Refused::TooManyFromAddress => StatusCode::TOO_MANY_REQUESTS,
                    Refused::Origin => StatusCode::FORBIDDEN,
                    Refused::ShuttingDown | Refused::Full => StatusCode::SERVICE_UNAVAILABLE,
                };
                return (status, refused.to_string()).into_response();
            }
        };
        let upgrade = self.upgrade;
        let upgraded = async move { upgrade.await.ok().map(unwrap) };
        server.serve(permit, upgraded, session, self.speaks_session);

        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if self.speaks_session {
            headers.insert(
                SEC_WEBSOCKET_PROTOCOL,
                HeaderValue::from_static(SUBPROTOCOL),
            );
        }
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

impl<T: Send + Sync> FromRequestParts<T> for WsUpgrade {
    type Rejection = UpgradeRejection;

    /// Checks the request as RFC 6455, section 4.2.1 says.
    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _: &T,
    ) -> Result<Self, UpgradeRejection> {
        let headers = &parts.headers;
        let asks = parts.method == Method::GET
            && has_token(headers, &CONNECTION, "upgrade")
            && has_token(headers, &UPGRADE, "websocket");
        let upgrade = parts
            .extensions
            .remove::<OnUpgrade>()
            .filter(|_| asks)
            .ok_or(UpgradeRejection::NotAnUpgrade)?;
        if headers
            .get(SEC_WEBSOCKET_VERSION)
            .is_none_or(|version| version != "13")
        {
            return Err(UpgradeRejection::Version);
        }
        let key = headers
            .get(SEC_WEBSOCKET_KEY)
            .filter(|key| is_key(key))
            .ok_or(UpgradeRejection::Key)?;
        let speaks_session = has_token(headers, &SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        if !speaks_session && headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
            return Err(UpgradeRejection::Subprotocol);
        }
        let accept = derive_accept_key(key.as_bytes());
        let accept = HeaderValue::from_str(&accept).map_err(|_| UpgradeRejection::Key)?;
        let asking = Asking::of(parts);
        Ok(Self {
            upgrade,
            accept,
            speaks_session,
            page: asking.is_of_host(),
            asking,
            address: parts
                .extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|ConnectInfo(address)| address.ip()),
        })
    }
}

/// Takes off the layers that HTTP has put around a socket, and lets small messages leave at once: with Nagle's algorithm
/// (RFC 896) the second of two waits for the client's delayed acknowledgement, which takes some 40 ms. What is no plain
/// socket, because of TLS or a listener of the application's own, stays as it is.
fn unwrap(upgraded: Upgraded) -> Stream {
    // `axum::serve` detects the version of HTTP, for which it wraps the socket once more.
    let (socket, early) = match auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => (parts.io, parts.read_buf),
        Err(upgraded) => match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => (parts.io, parts.read_buf),
            Err(upgraded) => return Stream::Other(Box::new(TokioIo::new(upgraded))),
        },
    };
    let socket = socket.into_inner();
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "messages of this connection may be delayed");
    }
    // A copy, because the buffer that HTTP was read with is larger than what is kept of it.
    Stream::Socket(socket, early.to_vec())
}

/// Whether a comma-separated header has a token. Tokens are compared without regard to case (RFC 9110, section 7.8).
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// Whether a key is 16 bytes in base64 (RFC 6455, section 4.1).
fn is_key(key: &HeaderValue) -> bool {
    STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16)
}

impl IntoResponse for Denied {
    /// What the application is made of, and what it allows, is for its log: anybody may ask.
    fn into_response(self) -> Response {
        match self {
            Self::Foreign { .. } | Self::NotNamed { .. } => {
                (StatusCode::FORBIDDEN, Refused::Origin.to_string()).into_response()
            }
            Self::Misnamed(_) => {
                tracing::error!("no connections are accepted: {self}");
                let told = "this server accepts no connections: its log says why";
                (StatusCode::INTERNAL_SERVER_ERROR, told).into_response()
            }
        }
    }
}

impl IntoResponse for UpgradeRejection {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::NotAnUpgrade => {
                let headers = [(UPGRADE, "websocket"), (CONNECTION, "Upgrade")];
                (StatusCode::UPGRADE_REQUIRED, headers, text).into_response()
            }
            Self::Version => {
                let headers = [(UPGRADE, "websocket"), (SEC_WEBSOCKET_VERSION, "13")];
                (StatusCode::UPGRADE_REQUIRED, headers, text).into_response()
            }
            Self::Key | Self::Subprotocol => (StatusCode::BAD_REQUEST, text).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::Router;
    use axum::extract::Request;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn the_socket_under_axum_is_found_with_what_came_early() {
        let (tell, mut told) = mpsc::channel(1);
        let handler = move |mut request: Request| async move {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move { tell.send(unwrap(upgrade.await.unwrap())).await });
            let headers = [(CONNECTION, "upgrade"), (UPGRADE, "websocket")];
            (StatusCode::SWITCHING_PROTOCOLS, headers)
        };
        let app = Router::new().route("/", get(handler));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(axum::serve(listener, app).into_future());

        let mut client = TcpStream::connect(address).await.unwrap();
        let request = "GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nearly";
        client.write_all(request.as_bytes()).await.unwrap();
        let Some(Stream::Socket(mut socket, early)) = told.recv().await else {
            panic!("the socket is hidden: everything is slower, and small messages are delayed");
        };
        assert!(socket.nodelay().unwrap());
        let mut all = early;
        client.write_all(b" and late").await.unwrap();
        client.shutdown().await.unwrap();
        socket.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"early and late");
        served.abort();
    }
}
