//! From a value to JSON. What cannot be encoded is walked through a second time, to say where in the payload the reason lies.

use std::cell::Cell;
use std::{fmt, io};

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::ser::Formatter;
use serde_json::{Error, Serializer};
use serde_path_to_error::Segment;

use super::finite;
use crate::event::Violation;

/// Writes a message.
pub(super) fn write<T: Serialize>(bytes: &mut Vec<u8>, message: &T) -> Result<(), Error> {
    let nulls = Cell::new(false);
    let mut serializer = Serializer::with_formatter(bytes, Watching { nulls: &nulls });
    message
        .serialize(&mut serializer)
        .map_err(|error| locate(message, error))?;
    // Without a `null`, no float was written as one.
    if nulls.get() {
        finite::check(message).map_err(|error| at(error.path(), error.inner()))?;
    }
    Ok(())
}

/// The most memory that a thread keeps for its next message.
const MOST_KEPT: usize = 16 * 1024;

/// Writes a message into memory that is used again and again.
pub(super) fn lend<T: Serialize, R>(
    message: &T,
    take: impl FnOnce(&[u8]) -> R,
) -> Result<R, Error> {
    thread_local! {
        static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // A payload that sends something while it is serialized finds an empty buffer.
    let mut bytes = SCRATCH.take();
    bytes.clear();
    let taken = write(&mut bytes, message).map(|()| take(&bytes));
    if bytes.capacity() <= MOST_KEPT {
        SCRATCH.set(bytes);
    }
    taken
}

/// Writes JSON without spaces, and remembers whether it has written `null`.
struct Watching<'a> {
    nulls: &'a Cell<bool>,
}

impl Formatter for Watching<'_> {
    fn write_null<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.nulls.set(true);
        writer.write_all(b"null")
    }
}

fn locate<T: Serialize>(message: &T, error: Error) -> Error {
    let sink = &mut Serializer::new(io::sink());
    match serde_path_to_error::serialize(message, sink) {
        Err(located) => at(located.path(), located.inner()),
        Ok(_) => error,
    }
}

/// What is wrong, and where in the payload: its own place in the message is left out.
fn at(path: &serde_path_to_error::Path, problem: &dyn fmt::Display) -> Error {
    let segments = path.iter().skip(1).filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    Error::custom(Violation::at(segments, problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Encoded, event};

    #[derive(Serialize)]
    struct Chart {
        title: Option<&'static str>,
        points: Vec<Point>,
    }

    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Point {
        At { x: f64 },
    }

    fn chart(x: f64) -> Result<Encoded, Error> {
        let points = vec![Point::At { x: 0.5 }, Point::At { x }];
        let title = None;
        event("charts.draw", &Chart { title, points })
    }

    #[test]
    fn a_float_that_json_cannot_say_is_refused_with_its_place() {
        assert!(chart(1.5).is_ok());
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = chart(x).unwrap_err();
            let expected = format!("{x} cannot be represented in JSON at `/points/1/x`");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn what_does_not_serialize_is_located() {
        #[derive(Serialize)]
        struct Outer {
            inner: std::cell::RefCell<u8>,
        }
        let outer = Outer { inner: 1.into() };
        let _borrowed = outer.inner.borrow_mut();
        let error = event("a.b", &outer).unwrap_err().to_string();
        assert_eq!(error, "already mutably borrowed at `/inner`");
    }
}
