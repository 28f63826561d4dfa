//! One client: its socket, and what it is waiting for.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, ipproto, socket_with};

use super::dialect::Dialect;
use super::frame::{self, CLOSE, PING, PONG, TEXT};
use super::{LoadError, wrong};

/// How many clients come from one address, so that neither its ports nor what a server allows it run out.
const PER_ADDRESS: usize = 100;

/// The key of RFC 6455, section 1.3, and what a server derives from it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) stream: TcpStream,
    dialect: &'static Dialect,
    stage: Stage,
    /// What came in, and is not a whole frame yet.
    unread: Vec<u8>,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has asked for the upgrade.
    Upgrading,
    /// It waits for the answer of this step of the opening.
    Opening(usize),
    Ready,
    /// The server has said that it closes, or has closed.
    Closed,
}

impl Peer {
    /// Connects from an address that its number decides, and asks for the upgrade.
    pub(super) fn connect(
        number: usize,
        server: SocketAddr,
        dialect: &'static Dialect,
    ) -> Result<Self, LoadError> {
        let kind = SocketType::STREAM;
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::INET, kind, flags, Some(ipproto::TCP))?;
        if server.ip().is_loopback() {
            bind(&socket, &SocketAddr::from((source(number), 0)))?;
        }
        connect(&socket, &server)?;
        let mut stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        let (path, headers) = (dialect.path, dialect.headers);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes())?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            dialect,
            stage: Stage::Upgrading,
            unread: Vec::new(),
        })
    }

    pub(super) fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    pub(super) fn is_closed(&self) -> bool {
        self.stage == Stage::Closed
    }

    /// Sends frames. A kernel that does not take them all stands before a server that does not read.
    pub(super) fn send(&mut self, frames: &[u8]) -> Result<(), LoadError> {
        match self.stream.write(frames) {
            Ok(sent) if sent == frames.len() => Ok(()),
            Ok(_) => wrong("the server does not read: there is no room for another message"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wrong("the server does not read: there is no room for another message")
            }
            Err(error) => wrong(format!("the server does not take a message: {error}")),
        }
    }

    /// Reads once, answers what the dialect answers by itself, and gives every other text to `receive`.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        receive: impl FnMut(&mut Self, &[u8]) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        match self.stream.read(buffer) {
            Ok(0) => self.stage = Stage::Closed,
            Ok(length) if self.unread.is_empty() => self.take(&buffer[..length], receive)?,
            Ok(length) => {
                let mut bytes = std::mem::take(&mut self.unread);
                bytes.extend_from_slice(&buffer[..length]);
                self.take(&bytes, receive)?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.stage = Stage::Closed,
        }
        Ok(())
    }

    fn take(
        &mut self,
        bytes: &[u8],
        mut receive: impl FnMut(&mut Self, &[u8]) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        let head = if self.stage == Stage::Upgrading {
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                self.unread = bytes.to_vec();
                return Ok(());
            };
            self.upgraded(&String::from_utf8_lossy(&bytes[..end]))?;
            end + 4
        } else {
            0
        };
        let frames = &bytes[head..];
        let taken = frame::take(frames, |opcode, payload| match opcode {
            TEXT if self.stage == Stage::Ready && !self.is_ping(payload) => receive(self, payload),
            TEXT => self.opened(payload),
            PING => self.send(&frame::masked(PONG, payload)?),
            CLOSE => {
                self.stage = Stage::Closed;
                Ok(())
            }
            _ => wrong(format!("the server sent a frame of the kind {opcode:?}")),
        })?;
        if taken < frames.len() {
            self.unread = frames[taken..].to_vec();
        }
        Ok(())
    }

    fn is_ping(&self, text: &[u8]) -> bool {
        self.dialect
            .ping
            .is_some_and(|(ping, _)| text == ping.as_bytes())
    }

    fn upgraded(&mut self, head: &str) -> Result<(), LoadError> {
        if !head.starts_with("HTTP/1.1 101 ") || !head.contains(ACCEPT) {
            return wrong(format!("the server refused an upgrade: {head}"));
        }
        self.open(0)
    }

    /// Goes on with a step of the opening.
    fn open(&mut self, step: usize) -> Result<(), LoadError> {
        let Some((say, _)) = self.dialect.opening.get(step) else {
            self.stage = Stage::Ready;
            return Ok(());
        };
        self.stage = Stage::Opening(step);
        say.map_or(Ok(()), |text| {
            self.send(&frame::masked(TEXT, text.as_bytes())?)
        })
    }

    /// A text that is not the load's: of the opening, or a ping.
    fn opened(&mut self, text: &[u8]) -> Result<(), LoadError> {
        if let (true, Some((_, pong))) = (self.is_ping(text), self.dialect.ping) {
            return self.send(&frame::masked(TEXT, pong.as_bytes())?);
        }
        if let Stage::Opening(step) = self.stage
            && text.starts_with(self.dialect.opening[step].1.as_bytes())
        {
            return self.open(step + 1);
        }
        wrong(format!("unexpected: {}", String::from_utf8_lossy(text)))
    }
}

fn source(number: usize) -> Ipv4Addr {
    let address = number / PER_ADDRESS;
    let part = |number: usize| u8::try_from(number % 250 + 1).unwrap_or(1);
    Ipv4Addr::new(127, 0, part(address / 250), part(address))
}
