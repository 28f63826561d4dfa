//! All clients of one run, and the one wait for them.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::dialect::Dialect;
use super::frame::{self, CLOSE, TEXT};
use super::peer::Peer;
use super::progress::Progress;
use super::{LoadError, wrong};

/// How many connections are asked for at the same time: less than any server's backlog.
const AT_ONCE: usize = 64;

/// How long a server may take for its next step, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(20);

/// Clients of one server that have been seen to work: a message comes back, and a broadcast reaches all of them.
pub struct Crowd {
    poll: OwnedFd,
    events: Vec<Event>,
    buffer: Vec<u8>,
    dialect: &'static Dialect,
    peers: Vec<Peer>,
    replies: Replies,
    patience: Duration,
}

/// How long the texts are that a server owes. What they say is compared once; then their lengths stand for them.
#[derive(Debug, Clone, Copy, Default)]
struct Replies {
    echo: usize,
    broadcast: usize,
}

/// The two events of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Echo,
    Broadcast,
}

impl Kind {
    fn event(self) -> &'static str {
        match self {
            Self::Echo => "echo.msg",
            Self::Broadcast => "bcast.msg",
        }
    }
}

impl Crowd {
    /// Connects this many clients, and returns when the last one has come in.
    ///
    /// # Errors
    ///
    /// Where the server refuses one, or takes longer than 20 seconds for one.
    pub fn connect(
        server: SocketAddr,
        dialect: &'static Dialect,
        count: usize,
    ) -> Result<Self, LoadError> {
        let mut crowd = Self {
            poll: epoll::create(CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(1024),
            buffer: vec![0; 256 * 1024],
            dialect,
            peers: Vec::with_capacity(count),
            replies: Replies::default(),
            patience: PATIENCE,
        };
        let mut ready = 0;
        let mut progress = crowd.progress();
        while ready < count {
            while crowd.peers.len() < count && crowd.peers.len() - ready < AT_ONCE {
                let number = crowd.peers.len();
                let peer = Peer::connect(number, server, dialect)?;
                let data = EventData::new_u64(number as u64);
                epoll::add(&crowd.poll, &peer.stream, data, EventFlags::IN)?;
                crowd.peers.push(peer);
            }
            let before = ready;
            crowd.step(Duration::from_millis(100), |_, peer, came_ready| {
                ready += usize::from(came_ready && peer.is_ready());
                Ok(())
            })?;
            progress.note(ready > before, || {
                format!("only {ready} of {count} clients came in")
            })?;
        }
        Ok(crowd)
    }

    /// With another time that a server may take for its next step. It is 20 seconds otherwise.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Watches over a server that owes something from now on.
    pub(super) fn progress(&self) -> Progress {
        Progress::within(self.patience)
    }

    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Lets every client send one message and one client a broadcast, and compares all that comes, byte by byte. After this
    /// every client is known to be where broadcasts reach it.
    ///
    /// # Errors
    ///
    /// Where anything else comes, or something does not.
    pub fn prove(&mut self) -> Result<(), LoadError> {
        let echo = self.frames(Kind::Echo, 1)?;
        for index in 0..self.len() {
            self.send(index, &echo)?;
        }
        self.replies.echo = self.same_text_for_all(Kind::Echo)?;
        let broadcast = self.frames(Kind::Broadcast, 1)?;
        self.send(0, &broadcast)?;
        self.replies.broadcast = self.same_text_for_all(Kind::Broadcast)?;
        Ok(())
    }

    /// Waits until every client has received one text, the same one, and returns its length.
    fn same_text_for_all(&mut self, kind: Kind) -> Result<usize, LoadError> {
        let (count, dialect) = (self.len(), self.dialect);
        let mut expected = Vec::new();
        let mut received = vec![false; count];
        let mut missing = count;
        let mut progress = self.progress();
        while missing > 0 {
            let before = missing;
            self.texts(Duration::from_millis(100), |index, _, text| {
                if expected.is_empty() && dialect.carries(text, kind.event()) {
                    expected = text.to_vec();
                }
                if text != expected || std::mem::replace(&mut received[index], true) {
                    return unasked(index, text);
                }
                missing -= 1;
                Ok(())
            })?;
            progress.note(missing < before, || {
                let event = kind.event();
                format!("`{event}` did not reach {missing} of {count} clients")
            })?;
        }
        Ok(expected.len())
    }

    /// The frames of so many messages, one behind the other.
    pub(super) fn frames(&self, kind: Kind, count: usize) -> Result<Vec<u8>, LoadError> {
        let text = self.dialect.message(kind.event());
        Ok(frame::masked(TEXT, text.as_bytes())?.repeat(count))
    }

    /// Sends frames from one client.
    pub(super) fn send(&mut self, index: usize, frames: &[u8]) -> Result<(), LoadError> {
        self.peers[index].send(frames)
    }

    /// Waits for messages, each of which must be as long as the server owes it, and says whether any came.
    pub(super) fn receive(
        &mut self,
        kind: Kind,
        timeout: Duration,
        mut receive: impl FnMut(usize, &mut Peer) -> Result<(), LoadError>,
    ) -> Result<bool, LoadError> {
        let expected = match kind {
            Kind::Echo => self.replies.echo,
            Kind::Broadcast => self.replies.broadcast,
        };
        let mut came = false;
        self.texts(timeout, |index, peer, text| {
            came = true;
            if text.len() != expected {
                let text = String::from_utf8_lossy(text);
                return wrong(format!(
                    "client {index} received, instead of its message: {text}"
                ));
            }
            receive(index, peer)
        })?;
        Ok(came)
    }

    /// Waits for something to come for this long. Nothing is owed; pings are answered.
    pub(crate) fn idle(&mut self, time: Duration) -> Result<(), LoadError> {
        let end = Instant::now() + time;
        while let Some(rest) = end.checked_duration_since(Instant::now()) {
            self.texts(rest, |index, _, text| unasked(index, text))?;
        }
        Ok(())
    }

    /// Closes all connections as a client should, and waits for the server to end its side. A server that has sent more than it
    /// owed is found out here at the latest.
    ///
    /// # Errors
    ///
    /// Where it does not in time, or something comes before.
    pub fn leave(mut self) -> Result<(), LoadError> {
        let close = frame::masked(CLOSE, &1000_u16.to_be_bytes())?;
        let mut open = vec![true; self.len()];
        for index in 0..self.len() {
            self.send(index, &close)?;
        }
        let mut left = self.len();
        let mut progress = self.progress();
        while left > 0 {
            let before = left;
            for index in self.wait(Duration::from_millis(100))? {
                let peer = &mut self.peers[index];
                peer.read(&mut self.buffer, |_, text| unasked(index, text))?;
                if peer.is_closed() && std::mem::replace(&mut open[index], false) {
                    epoll::delete(&self.poll, &peer.stream)?;
                    left -= 1;
                }
            }
            progress.note(left < before, || {
                format!("the server did not let {left} clients go")
            })?;
        }
        Ok(())
    }

    /// As [`step`](Self::step), for clients that are all ready.
    fn texts(
        &mut self,
        timeout: Duration,
        mut receive: impl FnMut(usize, &mut Peer, &[u8]) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        for index in self.wait(timeout)? {
            let peer = &mut self.peers[index];
            peer.read(&mut self.buffer, |peer, text| receive(index, peer, text))?;
            if peer.is_closed() {
                return wrong(format!(
                    "the server closed the connection of client {index}"
                ));
            }
        }
        Ok(())
    }

    /// Waits once, and lets every client with something to read read once; `saw` is told whether it was not ready before.
    fn step(
        &mut self,
        timeout: Duration,
        mut saw: impl FnMut(usize, &mut Peer, bool) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        for index in self.wait(timeout)? {
            let peer = &mut self.peers[index];
            let was_ready = peer.is_ready();
            peer.read(&mut self.buffer, |_, text| unasked(index, text))?;
            if peer.is_closed() {
                return wrong(format!(
                    "the server closed the connection of client {index}"
                ));
            }
            saw(index, peer, !was_ready)?;
        }
        Ok(())
    }

    /// The clients that have something to read.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<usize>, LoadError> {
        let timeout = Timespec::try_from(timeout).ok();
        epoll::wait(
            &self.poll,
            spare_capacity(&mut self.events),
            timeout.as_ref(),
        )?;
        let indices = self.events.drain(..).map(|event| event.data.u64());
        Ok(indices
            .filter_map(|index| usize::try_from(index).ok())
            .collect())
    }
}

/// A text that was not to come, or not again.
fn unasked(index: usize, text: &[u8]) -> Result<(), LoadError> {
    let text = String::from_utf8_lossy(text);
    wrong(format!("client {index} received, unasked: {text}"))
}
