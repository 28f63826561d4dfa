use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::{DEADLINE, within};

/// What the server says when the application has let a session client in.
const READY: &str = r#"{"ready":{}}"#;

/// How a connection ended: the code and the reason of its close frame; 1005 where it had none, 1006 where there was none.
pub type Closed = (u16, String);

/// A client that knows the protocol's messages, and no contract.
///
/// It reads only when it is asked to. Pings of the server are answered on the way, and not seen by the test.
#[derive(Debug)]
pub struct Peer {
    socket: WebSocketStream<TcpStream>,
    welcome: Value,
    is_ready: bool,
    /// Everything that has come so far, for the report of a test that waits in vain.
    come: Vec<String>,
}

impl Peer {
    /// Connects without a subprotocol.
    ///
    /// # Panics
    ///
    /// Where the server does not take it.
    pub async fn bare(address: SocketAddr, path: &str) -> Self {
        Self::connect(address, path, None).await.unwrap()
    }

    /// Connects with the session's subprotocol, says an empty `hello` and reads the `welcome`.
    ///
    /// # Panics
    ///
    /// Where the server does not take it.
    pub async fn session(address: SocketAddr, path: &str) -> Self {
        Self::session_with(address, path, json!({})).await
    }

    /// As [`session`](Self::session), with what stands in the `hello`.
    ///
    /// # Panics
    ///
    /// Where the server does not take it.
    pub async fn session_with(address: SocketAddr, path: &str, hello: Value) -> Self {
        let mut peer = Self::silent_session(address, path).await;
        peer.send(json!({ "hello": hello })).await;
        let mut first = peer.next().await;
        peer.welcome = first["welcome"].take();
        assert!(peer.welcome.is_object(), "{:?}", peer.come);
        peer
    }

    /// Connects with the session's subprotocol, and says nothing yet.
    ///
    /// # Panics
    ///
    /// Where the server does not take it.
    pub async fn silent_session(address: SocketAddr, path: &str) -> Self {
        Self::connect(address, path, Some("ws.v1.json"))
            .await
            .unwrap()
    }

    /// Connects, or returns the status with which the server refuses it.
    ///
    /// # Errors
    ///
    /// The status.
    ///
    /// # Panics
    ///
    /// Where the server cannot be reached.
    pub async fn connect(
        address: SocketAddr,
        path: &str,
        subprotocol: Option<&'static str>,
    ) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}")
            .into_client_request()
            .unwrap();
        if let Some(subprotocol) = subprotocol {
            let headers = request.headers_mut();
            headers.insert(
                "sec-websocket-protocol",
                HeaderValue::from_static(subprotocol),
            );
        }
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self {
                socket,
                welcome: Value::Null,
                is_ready: false,
                come: Vec::new(),
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("the server did not answer: {error}"),
        }
    }

    /// What the server has said of the connection; null for a bare client.
    pub fn welcome(&self) -> &Value {
        &self.welcome
    }

    /// Whether the server has let in a session client, before the latest message. The message that says so is skipped.
    pub fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// The id of the connection, of a session client.
    ///
    /// # Panics
    ///
    /// For a bare client.
    pub fn connection(&self) -> &str {
        self.welcome["connection"].as_str().unwrap()
    }

    /// Sends a message.
    ///
    /// # Panics
    ///
    /// Where the connection has ended.
    pub async fn send(&mut self, message: Value) {
        self.send_text(message.to_string()).await;
    }

    /// Sends a text, which need not be a message.
    ///
    /// # Panics
    ///
    /// Where the connection has ended.
    pub async fn send_text(&mut self, text: impl Into<String>) {
        self.socket
            .send(Message::Text(text.into().into()))
            .await
            .unwrap();
    }

    /// As [`send_text`](Self::send_text), and `false` where the connection has ended.
    pub async fn try_send_text(&mut self, text: &str) -> bool {
        self.socket.send(Message::Text(text.into())).await.is_ok()
    }

    /// Sends an event.
    ///
    /// # Panics
    ///
    /// Where the connection has ended.
    pub async fn emit(&mut self, event: &str, data: Value) {
        self.send(json!({ "event": event, "data": data })).await;
    }

    /// Sends a request.
    ///
    /// # Panics
    ///
    /// Where the connection has ended.
    pub async fn request(&mut self, id: u64, event: &str, data: Value) {
        self.send(json!({ "event": event, "data": data, "id": id }))
            .await;
    }

    /// The next message.
    ///
    /// # Panics
    ///
    /// Where none comes in time, or the connection ends.
    pub async fn next(&mut self) -> Value {
        match self.receive("a message").await {
            Ok(message) => message,
            Err(closed) => panic!("closed with {closed:?} after {:#?}", self.come),
        }
    }

    /// The payload of the next message, which must be this event.
    ///
    /// # Panics
    ///
    /// Where another message or none comes.
    pub async fn next_event(&mut self, event: &str) -> Value {
        let mut message = self.next().await;
        assert_eq!(message["event"], event, "{:#?}", self.come);
        message["data"].take()
    }

    /// The next message, which must answer this request.
    ///
    /// # Panics
    ///
    /// Where another message or none comes.
    pub async fn answer(&mut self, id: u64) -> Value {
        let message = self.next().await;
        assert_eq!(message["id"], id, "{:#?}", self.come);
        message
    }

    /// The code of the next message, which must be an error.
    ///
    /// # Panics
    ///
    /// Where another message or none comes.
    pub async fn error(&mut self) -> String {
        let message = self.next().await;
        match message["error"]["code"].as_str() {
            Some(code) => code.to_owned(),
            None => panic!("no error: {:#?}", self.come),
        }
    }

    /// Waits for a ping, and answers it. Nothing else may come before.
    ///
    /// # Panics
    ///
    /// Where something else or nothing comes.
    pub async fn pinged(&mut self) {
        let mut received = within("a ping", self.socket.next()).await.unwrap();
        if matches!(&received, Ok(Message::Text(text)) if *text == READY) {
            self.is_ready = true;
            received = within("a ping", self.socket.next()).await.unwrap();
        }
        assert_eq!(received.unwrap(), Message::Text("{}".into()));
        self.send_text("{}").await;
    }

    /// Waits for the end of the connection, answers nothing on the way, and returns the code.
    ///
    /// # Panics
    ///
    /// Where the connection does not end in time.
    pub async fn closed_without_an_answer(&mut self) -> u16 {
        loop {
            match within("the end of the connection", self.socket.next()).await {
                Some(Ok(Message::Close(frame))) => {
                    return frame.map_or(1005, |frame| frame.code.into());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }

    /// Waits for the end of the connection. Messages on the way are skipped.
    ///
    /// # Panics
    ///
    /// Where the connection does not end in time.
    pub async fn closed(&mut self) -> Closed {
        self.rest().await.1
    }

    /// Waits for the end of the connection, and returns what came before it.
    ///
    /// # Panics
    ///
    /// Where the connection does not end in time.
    pub async fn rest(&mut self) -> (Vec<Value>, Closed) {
        let mut rest = Vec::new();
        loop {
            match self.receive("the end of the connection").await {
                Ok(message) => rest.push(message),
                Err(closed) => return (rest, closed),
            }
        }
    }

    /// Closes the connection with a code, and waits until the server has answered that.
    ///
    /// # Panics
    ///
    /// Where the server does not answer in time.
    pub async fn close(mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: Utf8Bytes::default(),
        };
        self.socket.close(Some(frame)).await.unwrap();
        self.closed().await;
    }

    /// The next message, or how the connection ended, however long that takes.
    ///
    /// # Errors
    ///
    /// How the connection ended.
    ///
    /// # Panics
    ///
    /// Where a message is no JSON.
    pub async fn read(&mut self) -> Result<Value, Closed> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) if text == "{}" => {
                    if !self.try_send_text("{}").await {
                        return Err((1006, String::new()));
                    }
                }
                Some(Ok(Message::Text(text))) if text == READY => self.is_ready = true,
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    drop(self.socket.flush().await);
                    return Err(frame.map_or((1005, String::new()), |frame| {
                        (frame.code.into(), frame.reason.to_string())
                    }));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err((1006, String::new())),
            }
        }
    }

    async fn receive(&mut self, what: &str) -> Result<Value, Closed> {
        loop {
            let Ok(received) = timeout(DEADLINE, self.socket.next()).await else {
                panic!("waited {DEADLINE:?} for {what} after {:#?}", self.come);
            };
            match received {
                Some(Ok(Message::Text(text))) if text == "{}" => self.send_text("{}").await,
                Some(Ok(Message::Text(text))) if text == READY => self.is_ready = true,
                Some(Ok(Message::Text(text))) => {
                    self.come.push(text.to_string());
                    return Ok(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => {
                    // The library has queued the answer, which leaves now. Then this side ends, too.
                    drop(self.socket.flush().await);
                    drop(self.socket.get_mut().shutdown().await);
                    return Err(frame.map_or((1005, String::new()), |frame| {
                        (frame.code.into(), frame.reason.to_string())
                    }));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err((1006, String::new())),
            }
        }
    }
}
