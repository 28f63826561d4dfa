//! The stream of bytes that an upgrade leaves behind.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncWrite, split};
use tokio::net::TcpStream;

use super::{Input, Output, Source};

/// A stream of bytes, whatever it is made of.
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

    /// The receiving half and the sending half.
    pub(crate) fn open(self) -> (Input, Output) {
        match self {
            Self::Socket(socket, early) => {
                let (reader, writer) = socket.into_split();
                let input = Input::new(Source::Socket(reader), early);
                (input, Output::Socket(writer))
            }
            Self::Other(stream) => {
                let (reader, writer) = split(stream);
                let input = Input::new(Source::Stream(reader), Vec::new());
                (input, Output::Stream(writer))
            }
        }
    }
}
