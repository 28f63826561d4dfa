//! RFC 6455, the receiving side: from bytes to messages. What is sent is one frame for each message, which
//! [`protocol`](crate::protocol) writes: here it is bytes.
//!
//! The library that speaks the protocol keeps a buffer for each connection. Here its contexts belong to threads: one is
//! lent to a connection while whole frames are there for it, and longer only inside of a fragmented message. So a
//! connection at rest owns no buffer at all. Knows streams of bytes, and nothing of what messages say.

mod frame_reader;
#[cfg(test)]
mod fuzz;
mod input;
mod output;
mod pool;
mod stream;

pub(crate) use frame_reader::{Bounds, Received};
pub(crate) use input::{Input, Source, read_away};
pub(crate) use output::Output;
pub(crate) use stream::{ByteStream, Stream};
