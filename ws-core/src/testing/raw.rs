use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{TestError, within};

/// A client that speaks bytes: for what no WebSocket library would send.
#[derive(Debug)]
pub struct RawSocket {
    stream: TcpStream,
}

/// One frame from the server, its header taken apart (RFC 6455, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFrame {
    /// The first byte: whether it is the last of its message, reserved bits, the opcode.
    pub first: u8,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl RawFrame {
    /// The code of a close frame.
    pub fn close_code(&self) -> Option<u16> {
        match (self.first, self.payload.as_slice()) {
            (0x88, [high, low, ..]) => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        }
    }
}

impl RawSocket {
    /// Connects, and sends nothing.
    ///
    /// # Errors
    ///
    /// Where nobody listens.
    pub async fn connect(address: SocketAddr) -> Result<Self, TestError> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(TestError::other)?;
        Ok(Self { stream })
    }

    /// Connects and becomes a WebSocket, without a subprotocol.
    ///
    /// # Errors
    ///
    /// Where the server does not answer 101.
    pub async fn upgrade(address: SocketAddr, path: &str) -> Result<Self, TestError> {
        let mut socket = Self::connect(address).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.write(request.as_bytes()).await?;
        let head = socket.response().await?;
        if head.starts_with("HTTP/1.1 101 ") {
            Ok(socket)
        } else {
            Err(TestError::Other(head))
        }
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    ///
    /// Where the connection has ended.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), TestError> {
        within("a write", async {
            self.stream.write_all(bytes).await.map_err(TestError::other)
        })
        .await
    }

    /// Sends a masked frame. `first` holds the bit that marks the last frame of a message, and the opcode: `0x81` is a
    /// whole text message.
    ///
    /// # Errors
    ///
    /// Where the connection has ended.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) -> Result<(), TestError> {
        const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
        let mut bytes = vec![first];
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(length @ 0..=125), _) => bytes.push(0x80 | length),
            (_, Ok(length)) => {
                bytes.push(0x80 | 126);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend((payload.len() as u64).to_be_bytes());
            }
        }
        bytes.extend(MASK);
        bytes.extend(
            payload
                .iter()
                .zip(MASK.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        self.write(&bytes).await
    }

    /// Reads the head of an HTTP response.
    ///
    /// # Errors
    ///
    /// Where none comes.
    pub async fn response(&mut self) -> Result<String, TestError> {
        within("a response", async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(self.stream.read_u8().await.map_err(|_| TestError::Lost)?);
            }
            String::from_utf8(head).map_err(TestError::other)
        })
        .await
    }

    /// Reads the next frame.
    ///
    /// # Errors
    ///
    /// Where the connection ends, or nothing comes.
    pub async fn next(&mut self) -> Result<RawFrame, TestError> {
        within("a frame", async {
            let stream = &mut self.stream;
            let lost = |_| TestError::Lost;
            let first = stream.read_u8().await.map_err(lost)?;
            let length = match stream.read_u8().await.map_err(lost)? {
                126 => u64::from(stream.read_u16().await.map_err(lost)?),
                127 => stream.read_u64().await.map_err(lost)?,
                length => u64::from(length),
            };
            let mut payload = vec![0; usize::try_from(length).map_err(TestError::other)?];
            stream.read_exact(&mut payload).await.map_err(lost)?;
            Ok(RawFrame { first, payload })
        })
        .await
    }

    /// Reads frames until the close frame, and returns its code. Then waits for the end of TCP, which must be orderly.
    ///
    /// # Errors
    ///
    /// Where there is no close frame, or the connection is reset instead of ended.
    pub async fn closed(&mut self) -> Result<u16, TestError> {
        let code = loop {
            if let Some(code) = self.next().await?.close_code() {
                break code;
            }
        };
        within("the end of TCP", async {
            let mut rest = [0; 256];
            while self
                .stream
                .read(&mut rest)
                .await
                .map_err(TestError::other)?
                > 0
            {}
            Ok(code)
        })
        .await
    }
}
