use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Error, Message};

use super::{TestError, within};
use crate::protocol::SUBPROTOCOL;

/// A client that speaks the protocol, as any WebSocket library would.
///
/// ```no_run
/// # async fn test(address: std::net::SocketAddr) -> Result<(), ws_core::testing::TestError> {
/// use ws_core::testing::TestClient;
///
/// let mut ana = TestClient::bare(address, "/ws?name=ana").await?;
/// ana.send(r#"{"event":"chats.msg","data":{"text":"hello"}}"#).await?;
/// let event = ana.event("chats.msg").await?;
/// assert_eq!(event["data"]["text"], "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestClient {
    socket: WebSocketStream<TcpStream>,
    answers_pings: bool,
}

impl TestClient {
    /// Connects without a subprotocol: the plainest client that there can be.
    ///
    /// # Errors
    ///
    /// Where the upgrade is refused: [`TestError::Refused`].
    pub async fn bare(address: SocketAddr, path: &str) -> Result<Self, TestError> {
        Self::connect(address, path, None).await
    }

    /// Connects with the subprotocol, says `hello` with these members, and returns the `welcome` as well.
    ///
    /// # Errors
    ///
    /// Where the upgrade is refused, or the first answer is no `welcome`.
    pub async fn session(
        address: SocketAddr,
        path: &str,
        hello: Value,
    ) -> Result<(Self, Value), TestError> {
        let mut client = Self::connect(address, path, Some(SUBPROTOCOL)).await?;
        client.send(&json!({ "hello": hello }).to_string()).await?;
        let mut first = client.receive().await?;
        match first.get_mut("welcome").map(Value::take) {
            Some(welcome) => Ok((client, welcome)),
            None => Err(TestError::Other(format!("{first} is no `welcome`"))),
        }
    }

    /// Connects and offers these subprotocols, and says nothing.
    ///
    /// # Errors
    ///
    /// Where the upgrade is refused: [`TestError::Refused`].
    pub async fn connect(
        address: SocketAddr,
        path: &str,
        subprotocols: Option<&str>,
    ) -> Result<Self, TestError> {
        let connecting = async {
            let stream = TcpStream::connect(address)
                .await
                .map_err(TestError::other)?;
            let mut request = format!("ws://{address}{path}")
                .into_client_request()
                .map_err(TestError::other)?;
            if let Some(subprotocols) = subprotocols {
                let value = subprotocols.parse().map_err(TestError::other)?;
                request
                    .headers_mut()
                    .insert("sec-websocket-protocol", value);
            }
            match tokio_tungstenite::client_async(request, stream).await {
                Ok((socket, _)) => Ok(Self {
                    socket,
                    answers_pings: true,
                }),
                Err(Error::Http(response)) => Err(TestError::Refused {
                    status: response.status().as_u16(),
                    body: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default())
                        .into_owned(),
                }),
                Err(error) => Err(TestError::other(error)),
            }
        };
        within("the upgrade", connecting).await
    }

    /// From now on, the server's pings are not answered.
    pub fn ignore_pings(&mut self) {
        self.answers_pings = false;
    }

    /// Sends one text message.
    ///
    /// # Errors
    ///
    /// Where the connection has ended.
    pub async fn send(&mut self, text: &str) -> Result<(), TestError> {
        self.write(Message::text(text)).await
    }

    /// Sends one binary message, which the protocol has no use for.
    ///
    /// # Errors
    ///
    /// Where the connection has ended.
    pub async fn send_binary(&mut self, bytes: &[u8]) -> Result<(), TestError> {
        self.write(Message::binary(bytes.to_vec())).await
    }

    /// Receives the next message that is not a ping. Pings are answered on the way.
    ///
    /// # Errors
    ///
    /// Where the connection ends, or nothing comes.
    pub async fn receive(&mut self) -> Result<Value, TestError> {
        within("a message", async {
            loop {
                let message = self.next().await?;
                if message != json!({}) {
                    return Ok(message);
                }
                if self.answers_pings {
                    self.send("{}").await?;
                }
            }
        })
        .await
    }

    /// Receives messages until an event of this name comes, and returns it.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub async fn event(&mut self, name: &str) -> Result<Value, TestError> {
        self.until(|message| message["event"] == name).await
    }

    /// Sends a request and returns its answer, with whatever comes in between dropped.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub async fn call(&mut self, event: &str, data: Value, id: u64) -> Result<Value, TestError> {
        let request = json!({ "event": event, "data": data, "id": id });
        self.send(&request.to_string()).await?;
        self.until(|message| message["id"] == id).await
    }

    /// Receives messages until one fits, and returns it.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Result<Value, TestError> {
        loop {
            let message = self.receive().await?;
            if fits(&message) {
                return Ok(message);
            }
        }
    }

    /// Waits until the server pings, in the way of its protocol: `{}`.
    ///
    /// # Errors
    ///
    /// Where the connection ends, or no ping comes.
    pub async fn ping(&mut self) -> Result<(), TestError> {
        within("a ping", async {
            while self.next().await? != json!({}) {}
            Ok(())
        })
        .await
    }

    /// Waits for the end of the connection, with whatever comes before dropped, and returns the server's code.
    ///
    /// # Errors
    ///
    /// Where it ends without a code, or does not end.
    pub async fn closed(&mut self) -> Result<u16, TestError> {
        within("the end of the connection", async {
            loop {
                match self.next().await {
                    Ok(_) => {}
                    Err(TestError::Closed { code, .. }) => return Ok(code),
                    Err(error) => return Err(error),
                }
            }
        })
        .await
    }

    /// Closes with this code, and waits until the server has answered and TCP has ended.
    ///
    /// # Errors
    ///
    /// Where the server does not answer.
    pub async fn close(&mut self, code: u16) -> Result<(), TestError> {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        self.write(Message::Close(Some(frame))).await?;
        within("the end of the connection", async {
            while self
                .socket
                .next()
                .await
                .transpose()
                .is_ok_and(|message| message.is_some())
            {}
            Ok(())
        })
        .await
    }

    async fn write(&mut self, message: Message) -> Result<(), TestError> {
        within("a write", async {
            self.socket.send(message).await.map_err(TestError::other)
        })
        .await
    }

    /// The next text message, pings of the protocol included.
    async fn next(&mut self) -> Result<Value, TestError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(TestError::other);
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(TestError::Closed {
                        code: frame.code.into(),
                        reason: frame.reason.to_string(),
                    });
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => {
                    return Err(TestError::Other(format!("{other:?} is no message")));
                }
                Some(Err(_)) | None => return Err(TestError::Lost),
            }
        }
    }
}
