//! The loop of the floor. Knows no more of WebSocket than where a frame ends.

use std::convert::Infallible;
use std::io::{self, Cursor, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, OpCode};

/// How a message begins that goes to everyone.
const BROADCAST: &[u8] = br#"{"event":"bcast.msg""#;

struct Peer {
    stream: TcpStream,
    upgraded: bool,
    /// The beginning of what has not come in whole yet. Without memory of its own while there is none.
    unread: Vec<u8>,
    /// What the kernel did not take yet. Without memory of its own while there is none.
    unsent: Vec<u8>,
}

/// What the frames of one read ask for.
#[derive(Default)]
struct Batch {
    to_sender: Vec<u8>,
    to_everyone: Vec<u8>,
    closing: bool,
}

/// Accepts, reads and writes, for ever. Whatever has come in by one wait leaves in one write per connection.
pub(super) fn serve(address: SocketAddr) -> io::Result<Infallible> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    announce(listener.local_addr()?);
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    watch(&poll, &listener, EventFlags::IN)?;

    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut events = Vec::with_capacity(1024);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        epoll::wait(&poll, spare_capacity(&mut events), None)?;
        let mut to_everyone = Vec::new();
        for Event { data, flags, .. } in events.drain(..) {
            let token = usize::try_from(data.u64()).unwrap_or(usize::MAX);
            if data.u64() == token_of(&listener) {
                accept(&poll, &listener, &mut peers)?;
            } else if let Some(Some(peer)) = peers.get_mut(token)
                && (!peer.flush(&poll, flags) || !peer.read(&poll, &mut buffer, &mut to_everyone))
            {
                peers[token] = None;
            }
        }
        if !to_everyone.is_empty() {
            for place in &mut peers {
                if let Some(peer) = place
                    && peer.upgraded
                    && !peer.send(&poll, &to_everyone)
                {
                    *place = None;
                }
            }
        }
    }
}

fn accept(poll: &OwnedFd, listener: &TcpListener, peers: &mut Vec<Option<Peer>>) -> io::Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        watch(poll, &stream, EventFlags::IN)?;
        let token = usize::try_from(token_of(&stream)).unwrap_or(usize::MAX);
        if peers.len() <= token {
            peers.resize_with(token + 1, || None);
        }
        peers[token] = Some(Peer {
            stream,
            upgraded: false,
            unread: Vec::new(),
            unsent: Vec::new(),
        });
    }
}

impl Peer {
    /// Reads once, and answers what came. `false` where the connection has ended.
    fn read(&mut self, poll: &OwnedFd, buffer: &mut [u8], to_everyone: &mut Vec<u8>) -> bool {
        let length = match self.stream.read(buffer) {
            Ok(0) => return false,
            Ok(length) => length,
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        };
        let mut joined = std::mem::take(&mut self.unread);
        let bytes = if joined.is_empty() {
            &mut buffer[..length]
        } else {
            joined.extend_from_slice(&buffer[..length]);
            &mut joined[..]
        };
        if !self.upgraded {
            if let Some(response) = upgrade(bytes) {
                self.upgraded = true;
                return self.send(poll, response.as_bytes());
            }
            self.unread = bytes.to_vec();
            return true;
        }
        let mut batch = Batch::default();
        let Some(taken) = batch.take(bytes) else {
            return false;
        };
        if taken < bytes.len() {
            self.unread = bytes[taken..].to_vec();
        }
        to_everyone.extend_from_slice(&batch.to_everyone);
        (batch.to_sender.is_empty() || self.send(poll, &batch.to_sender)) && !batch.closing
    }

    /// Writes, and keeps what the kernel does not take. `false` where the connection has ended.
    fn send(&mut self, poll: &OwnedFd, bytes: &[u8]) -> bool {
        let sent = if !self.unsent.is_empty() {
            0
        } else {
            match self.stream.write(bytes) {
                Ok(sent) => sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(_) => return false,
            }
        };
        if sent == bytes.len() {
            return true;
        }
        let interest = EventFlags::IN | EventFlags::OUT;
        let token = EventData::new_u64(token_of(&self.stream));
        self.unsent.extend_from_slice(&bytes[sent..]);
        epoll::modify(poll, &self.stream, token, interest).is_ok()
    }

    /// Writes what was kept, when there is room.
    fn flush(&mut self, poll: &OwnedFd, flags: EventFlags) -> bool {
        if !flags.contains(EventFlags::OUT) {
            return true;
        }
        let kept = std::mem::take(&mut self.unsent);
        let token = EventData::new_u64(token_of(&self.stream));
        epoll::modify(poll, &self.stream, token, EventFlags::IN).is_ok() && self.send(poll, &kept)
    }
}

impl Batch {
    /// Takes all whole frames, and says how many bytes they had; nothing where these are no frames of a client.
    fn take(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let mut taken = 0;
        loop {
            let mut cursor = Cursor::new(&bytes[taken..]);
            let Some((header, length)) = FrameHeader::parse(&mut cursor).ok()? else {
                return Some(taken);
            };
            let start = taken + usize::try_from(cursor.position()).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            let Some(payload) = bytes.get_mut(start..end) else {
                return Some(taken);
            };
            unmask(payload, header.mask?);
            let broadcast = payload.starts_with(BROADCAST);
            let opcode = match header.opcode {
                OpCode::Control(Control::Ping) => OpCode::Control(Control::Pong),
                opcode => opcode,
            };
            self.closing |= opcode == OpCode::Control(Control::Close);
            let to = if broadcast {
                &mut self.to_everyone
            } else {
                &mut self.to_sender
            };
            let answer = FrameHeader {
                opcode,
                mask: None,
                ..header
            };
            answer.format(length, to).ok()?;
            to.extend_from_slice(payload);
            taken = end;
        }
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let twice = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut words = payload.chunks_exact_mut(8);
    for word in &mut words {
        if let Ok(bytes) = <[u8; 8]>::try_from(&*word) {
            word.copy_from_slice(&(u64::from_ne_bytes(bytes) ^ twice).to_ne_bytes());
        }
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// The answer to a request to become a WebSocket, once it is there in whole.
fn upgrade(request: &[u8]) -> Option<String> {
    let request = std::str::from_utf8(request)
        .ok()?
        .strip_suffix("\r\n\r\n")?;
    let key = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then(|| value.trim())
    })?;
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    ))
}

fn watch(
    poll: &OwnedFd,
    source: &(impl AsRawFd + std::os::fd::AsFd),
    flags: EventFlags,
) -> io::Result<()> {
    Ok(epoll::add(
        poll,
        source,
        EventData::new_u64(token_of(source)),
        flags,
    )?)
}

/// Descriptors are small numbers, and so the index of what they belong to.
fn token_of(source: &impl AsRawFd) -> u64 {
    u64::from(source.as_raw_fd().unsigned_abs())
}

#[expect(
    clippy::print_stdout,
    reason = "the one line that says where to connect"
)]
fn announce(address: SocketAddr) {
    println!("listening on {address}");
}
