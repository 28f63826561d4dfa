//! Frames of RFC 6455, as a client writes and reads them.

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::{LoadError, wrong};

pub(crate) const TEXT: OpCode = OpCode::Data(Data::Text);
pub(crate) const CLOSE: OpCode = OpCode::Control(Control::Close);
pub(crate) const PING: OpCode = OpCode::Control(Control::Ping);
pub(crate) const PONG: OpCode = OpCode::Control(Control::Pong);

/// A key with all kinds of bits. One key for all frames makes them cheap here, and is no less work for the server.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame of a client, ready to be sent any number of times.
pub(crate) fn masked(opcode: OpCode, payload: &[u8]) -> Result<Vec<u8>, LoadError> {
    let header = FrameHeader {
        opcode,
        mask: Some(MASK),
        ..FrameHeader::default()
    };
    let mut frame = Vec::with_capacity(payload.len() + 14);
    if let Err(error) = header.format(payload.len() as u64, &mut frame) {
        return wrong(format!("a frame cannot be built: {error}"));
    }
    let keys = MASK.iter().cycle();
    frame.extend(payload.iter().zip(keys).map(|(byte, key)| byte ^ key));
    Ok(frame)
}

/// Gives every whole frame of a server to `receive`, and says how many bytes they had. What is left is the beginning of the
/// next.
pub(crate) fn take<'a>(
    bytes: &'a [u8],
    mut receive: impl FnMut(OpCode, &'a [u8]) -> Result<(), LoadError>,
) -> Result<usize, LoadError> {
    let mut taken = 0;
    loop {
        let mut cursor = Cursor::new(&bytes[taken..]);
        let (header, length) = match FrameHeader::parse(&mut cursor) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Ok(taken),
            Err(error) => return wrong(format!("the server sent no frame: {error}")),
        };
        if header.mask.is_some() || !header.is_final || header.rsv1 {
            return wrong("the server sent a frame that is masked, compressed or a fragment");
        }
        // A length that no slice has is one that has not come in yet.
        let position = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        let start = taken.saturating_add(position);
        let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        let Some(payload) = bytes.get(start..end) else {
            return Ok(taken);
        };
        receive(header.opcode, payload)?;
        taken = end;
    }
}

#[cfg(test)]
mod tests {
    use super::{MASK, PING, TEXT, masked, take};

    /// Frames as a server writes them.
    fn unmasked(payloads: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for payload in payloads {
            bytes.push(0x81);
            match payload.len() {
                length @ 0..126 => bytes.push(u8::try_from(length).unwrap()),
                length => {
                    bytes.push(126);
                    bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
                }
            }
            bytes.extend_from_slice(payload);
        }
        bytes
    }

    fn payloads(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let mut found = Vec::new();
        let taken = take(bytes, |opcode, payload| {
            assert_eq!(opcode, TEXT);
            found.push(payload.to_vec());
            Ok(())
        });
        (found, taken.unwrap())
    }

    #[test]
    fn a_frame_of_a_client_is_masked() {
        let frame = masked(PING, b"hello").unwrap();
        assert_eq!(frame[..2], [0x89, 0x85]);
        assert_eq!(frame[2..6], MASK);
        assert_eq!(frame[6] ^ MASK[0], b'h');
        assert_eq!(frame[10] ^ MASK[0], b'o');
    }

    #[test]
    fn whole_frames_are_taken_wherever_the_bytes_end() {
        let long = [b'x'; 300];
        let bytes = unmasked(&[b"", b"one", &long, b"two"]);
        let ends = [2, 7, 311, 316];
        for end in 0..=bytes.len() {
            let whole = ends.iter().filter(|at| **at <= end).count();
            let (found, taken) = payloads(&bytes[..end]);
            assert_eq!(found.len(), whole, "of the first {end} bytes");
            assert_eq!(taken, ends[..whole].last().copied().unwrap_or(0));
        }
    }

    #[test]
    fn what_is_no_frame_of_a_server_is_refused() {
        assert!(take(&masked(TEXT, b"hello").unwrap(), |_, _| Ok(())).is_err());
        assert!(take(&[0x01, 0x00], |_, _| Ok(())).is_err());
        assert!(take(&[0x83, 0x00], |_, _| Ok(())).is_err());
    }
}
