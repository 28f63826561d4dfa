//! Ports for servers that are killed and begin again where they were.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that systems give to connections on their way out (RFC 6335, section 6, and Linux from 32768 on): while a
/// server is down, nobody is given its port.
const PORTS: Range<u32> = 10_000..30_000;

/// A port that nobody listens on, and that this program is not given again soon.
///
/// # Errors
///
/// Where every port is taken.
pub fn free_port() -> io::Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = PORTS.end - PORTS.start;
    // Programs that run at the same time begin at different places.
    let begin = std::process::id().wrapping_mul(611);
    for _ in 0..count {
        let next = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(PORTS.start + next % count).map_err(io::Error::other)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::from(io::ErrorKind::AddrNotAvailable))
}
