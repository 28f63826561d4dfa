//! How a server wants to be spoken to: the same messages, in the envelope that its clients use.

use serde_json::{Value, json};

/// A protocol above WebSocket.
#[derive(Debug)]
pub struct Dialect {
    /// Where the WebSocket is.
    pub(super) path: &'static str,
    /// Headers beside those of RFC 6455, each with its line break.
    pub(super) headers: &'static str,
    /// What happens before the first message: what the client says, if anything, and how the answer begins.
    pub(super) opening: &'static [(Option<&'static str>, &'static str)],
    /// A text that asks for a sign of life, and its answer.
    pub(super) ping: Option<(&'static str, &'static str)>,
    envelope: Envelope,
}

#[derive(Debug)]
enum Envelope {
    /// `{"event":…,"data":…}`
    Object,
    /// `42["event",data]`
    Array,
}

/// JSON objects with `event` and `data`, from the first frame on. A client without any SDK.
pub const PLAIN: Dialect = Dialect {
    path: "/ws",
    headers: "",
    opening: &[],
    ping: None,
    envelope: Envelope::Object,
};

/// The same in a session of this library, as its SDK speaks.
pub const SESSION: Dialect = Dialect {
    path: "/ws",
    headers: "Sec-WebSocket-Protocol: ws.v1.json\r\n",
    opening: &[
        (Some(r#"{"hello":{}}"#), r#"{"welcome":"#),
        (None, r#"{"joined":"#),
        (None, r#"{"ready":"#),
    ],
    ping: Some(("{}", "{}")),
    envelope: Envelope::Object,
};

/// Socket.IO over Engine.IO 4, over WebSocket from the start.
pub const ENGINE_IO: Dialect = Dialect {
    path: "/socket.io/?EIO=4&transport=websocket",
    headers: "",
    opening: &[(None, "0{"), (Some("40"), "40{")],
    ping: Some(("2", "3")),
    envelope: Envelope::Array,
};

impl Dialect {
    /// The text of a message.
    pub(super) fn message(&self, event: &str) -> String {
        let data = data();
        match self.envelope {
            Envelope::Object => json!({ "event": event, "data": data }).to_string(),
            Envelope::Array => format!("42{}", json!([event, data])),
        }
    }

    /// Whether a text carries this event with the data of [`message`](Self::message). Members beside them are the server's
    /// affair.
    pub(super) fn carries(&self, text: &[u8], event: &str) -> bool {
        let read = |json: &[u8]| serde_json::from_slice::<Value>(json).ok();
        match self.envelope {
            Envelope::Object => {
                read(text).is_some_and(|text| text["event"] == event && text["data"] == data())
            }
            Envelope::Array => text
                .strip_prefix(b"42")
                .and_then(read)
                .is_some_and(|text| text == json!([event, data()])),
        }
    }
}

/// What every message carries: as much as a line of a chat, 206 bytes in the envelope of [`PLAIN`].
fn data() -> Value {
    json!({
        "room": "bench",
        "id": 123_456,
        "user": "user-0042",
        "text": "The quick brown fox jumps over the lazy dog, and the lazy dog lets it: it has seen many foxes come by.",
        "ts": 1_764_000_000_000_u64,
    })
}

#[cfg(test)]
mod tests {
    use super::{ENGINE_IO, PLAIN, SESSION};

    #[test]
    fn a_message_has_206_bytes() {
        assert_eq!(PLAIN.message("echo.msg").len(), 206);
    }

    #[test]
    fn a_message_is_recognized_in_every_dialect() {
        for dialect in [PLAIN, SESSION, ENGINE_IO] {
            let text = dialect.message("echo.msg").into_bytes();
            assert!(dialect.carries(&text, "echo.msg"));
            assert!(!dialect.carries(&text, "bcast.msg"));
            assert!(!dialect.carries(&text[1..], "echo.msg"));
        }
    }

    #[test]
    fn a_message_with_other_data_is_not_recognized() {
        let text = PLAIN.message("echo.msg").replace("123456", "123457");
        assert!(!PLAIN.carries(text.as_bytes(), "echo.msg"));
    }
}
