//! What a connection is made of when its upgrade is done.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use super::{Input, Source};

/// A stream of bytes, whatever is below.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// An upgraded stream.
pub(crate) enum Stream {
    /// A socket, and the bytes that came together with the request.
    Socket(TcpStream, Vec<u8>),
    /// Any other stream.
    Other(Box<dyn ByteStream>),
}

impl Stream {
    /// The address of the peer, where the stream knows it.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Socket(socket, _) => socket.peer_addr().ok().map(|address| address.ip()),
            Self::Other(_) => None,
        }
    }

    /// The receiving half, and the sending half where others than its task may write to it.
    pub(crate) fn open(self) -> (Input, Option<OwnedWriteHalf>) {
        match self {
            Self::Socket(socket, early) => {
                let (reader, writer) = socket.into_split();
                (Input::new(Source::Socket(reader), early), Some(writer))
            }
            Self::Other(stream) => (Input::new(Source::Stream(stream), Vec::new()), None),
        }
    }
}
