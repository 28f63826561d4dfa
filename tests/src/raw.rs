use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use crate::http::exchange;
use crate::{upgrade, within};

/// A key as RFC 6455, section 1.3 shows it. Any will do: what a server derives from it is its library's concern.
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// What a frame carries (RFC 6455, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// The next part of a message.
    Continuation = 0,
    /// Text.
    Text = 1,
    /// Bytes.
    Binary = 2,
    /// The end.
    Close = 8,
    /// A question for a sign of life.
    Ping = 9,
    /// The answer to it.
    Pong = 10,
}

/// A frame to be written, with every freedom to break the rules.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What it claims to carry.
    pub opcode: Opcode,
    /// Whether it ends its message.
    pub last: bool,
    /// Whether it is masked, as every frame of a client must be.
    pub masked: bool,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame as it should be.
    pub fn new(opcode: Opcode, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            opcode,
            last: true,
            masked: true,
            payload: payload.into(),
        }
    }

    /// Its bytes. The mask is all zeros, so that the payload stands there as it is.
    pub fn bytes(&self) -> Vec<u8> {
        let mask = if self.masked { 0x80 } else { 0 };
        let mut bytes = vec![(u8::from(self.last) << 7) | self.opcode as u8];
        match self.payload.len() {
            length @ 0..126 => bytes.push(mask | u8::try_from(length).unwrap()),
            length => {
                bytes.push(mask | 127);
                bytes.extend_from_slice(&u64::try_from(length).unwrap().to_be_bytes());
            }
        }
        if self.masked {
            bytes.extend_from_slice(&[0; 4]);
        }
        bytes.extend_from_slice(&self.payload);
        bytes
    }
}

/// A client made of bytes: for what no library would send.
#[derive(Debug)]
pub struct RawPeer {
    stream: TcpStream,
}

impl RawPeer {
    /// Connects as a bare client.
    ///
    /// # Panics
    ///
    /// Where the server does not take it.
    pub async fn connect(address: SocketAddr, path: &str) -> Self {
        Self::connect_eagerly(address, path, b"").await
    }

    /// As [`connect`](Self::connect), with these bytes right behind the request, in one write: before the server has
    /// answered.
    ///
    /// # Panics
    ///
    /// Where the server does not take it.
    pub async fn connect_eagerly(address: SocketAddr, path: &str, bytes: &[u8]) -> Self {
        let request = [upgrade(path, KEY).as_bytes(), bytes].concat();
        Self::request(address, &request).await
    }

    /// Connects with the session's subprotocol, and says nothing yet.
    ///
    /// # Panics
    ///
    /// Where the server does not take it.
    pub async fn silent_session(address: SocketAddr, path: &str) -> Self {
        let headers = format!("{KEY}Sec-WebSocket-Protocol: ws.v1.json\r\n");
        Self::request(address, upgrade(path, &headers).as_bytes()).await
    }

    async fn request(address: SocketAddr, request: &[u8]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let answer = exchange(&mut stream, request).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        Self { stream }
    }

    /// The connection itself, of which nothing was read beyond the answer to the request.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Both directions, for use at the same time.
    pub fn split(&mut self) -> (RawReader<'_>, RawWriter<'_>) {
        let (reading, writing) = self.stream.split();
        (RawReader(reading), RawWriter(writing))
    }

    /// See [`RawWriter::write`].
    ///
    /// # Panics
    ///
    /// Where the server does not read in time.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        self.split().1.write(bytes).await
    }

    /// See [`RawReader::read`].
    ///
    /// # Panics
    ///
    /// Where none comes in time.
    pub async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        self.split().0.read().await
    }

    /// See [`RawReader::read_any`].
    ///
    /// # Panics
    ///
    /// Where none comes in time.
    pub async fn read_any(&mut self) -> Option<(u8, Vec<u8>)> {
        self.split().0.read_any().await
    }

    /// The next text, as [`read`](Self::read) reads it.
    ///
    /// # Panics
    ///
    /// Where something else or nothing comes.
    pub async fn read_text(&mut self) -> String {
        match self.read().await {
            Some((opcode, text)) if opcode == Opcode::Text as u8 => {
                String::from_utf8(text).unwrap()
            }
            other => panic!("no text: {other:?}"),
        }
    }

    /// See [`RawReader::close_code`].
    ///
    /// # Panics
    ///
    /// Where neither comes in time.
    pub async fn close_code(&mut self) -> Option<u16> {
        self.split().0.close_code().await
    }
}

/// What a [`RawPeer`] writes.
#[derive(Debug)]
pub struct RawWriter<'a>(WriteHalf<'a>);

impl RawWriter<'_> {
    /// Writes bytes. `false` where the server does not take them any more.
    ///
    /// # Panics
    ///
    /// Where the server does not read in time.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        within("the server to read", self.0.write_all(bytes))
            .await
            .is_ok()
    }
}

/// What a [`RawPeer`] reads.
#[derive(Debug)]
pub struct RawReader<'a>(ReadHalf<'a>);

impl RawReader<'_> {
    /// The next frame that is no ping: a server that is busy may ask at any time whether its peer is still there.
    /// `None` where the connection has ended.
    ///
    /// # Panics
    ///
    /// Where none comes in time.
    pub async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            match self.read_any().await {
                Some((opcode, _)) if opcode == Opcode::Ping as u8 => {}
                frame => return frame,
            }
        }
    }

    /// The next frame: its opcode and its payload. `None` where the connection has ended.
    ///
    /// # Panics
    ///
    /// Where none comes in time.
    pub async fn read_any(&mut self) -> Option<(u8, Vec<u8>)> {
        within("a frame", async {
            let opcode = self.0.read_u8().await.ok()? & 0x0f;
            let length = match self.0.read_u8().await.ok()? {
                126 => u64::from(self.0.read_u16().await.ok()?),
                127 => self.0.read_u64().await.ok()?,
                length => u64::from(length),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((opcode, payload))
        })
        .await
    }

    /// Reads up to the close frame, and returns its code. `None` where the connection ends without one.
    ///
    /// # Panics
    ///
    /// Where neither comes in time.
    pub async fn close_code(&mut self) -> Option<u16> {
        while let Some((opcode, payload)) = self.read().await {
            if opcode == Opcode::Close as u8 {
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
        None
    }
}
