//! One message from a client. Decoded in two phases: here the envelope, with `data` left as it is; its payload later, by
//! the handler's type.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{ConnectionId, Position, RequestId};

/// A message from a client, its payload still raw.
#[derive(Debug)]
pub(crate) enum Incoming<'a> {
    Event {
        name: Cow<'a, str>,
        data: &'a str,
        id: Option<RequestId>,
    },
    Cancel(RequestId),
    Hello(Hello),
    Pong,
}

/// The first message of a session client.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Hello {
    /// The hash of the contract that the client was generated from.
    pub(crate) contract: Option<String>,
    /// The id of the client's previous connection.
    #[serde(deserialize_with = "connection")]
    pub(crate) connection: Option<ConnectionId>,
    /// The last position that the client has seen, for each channel.
    #[serde(deserialize_with = "positions")]
    pub(crate) resume: HashMap<String, Option<Position>>,
}

/// A message that says nothing the protocol knows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a message is one JSON object")]
    NotAnObject,
    #[error("the message has none of the members `event`, `cancel` and `hello`")]
    Unknown,
    #[error("the message has more than one of the members `event`, `cancel` and `hello`")]
    Ambiguous,
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl<'a> Incoming<'a> {
    /// # Errors
    ///
    /// Where the message is not one of the protocol: `ws.invalid_message`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        // serde would take a JSON array for the object's members in their order.
        let Some(members) = text.trim_ascii().strip_prefix('{') else {
            return Err(Malformed::NotAnObject);
        };
        if members.trim_ascii_start() == "}" {
            return Ok(Self::Pong);
        }
        match serde_json::from_str(text)? {
            Envelope {
                event: Some(Name(name)),
                data,
                id,
                cancel: None,
                hello: None,
            } => Ok(Self::Event {
                name,
                data: data.map_or("{}", RawValue::get),
                id,
            }),
            Envelope {
                event: None,
                cancel: Some(id),
                hello: None,
                ..
            } => Ok(Self::Cancel(id)),
            Envelope {
                event: None,
                cancel: None,
                hello: Some(hello),
                ..
            } => Ok(Self::Hello(hello)),
            Envelope {
                event: None,
                cancel: None,
                hello: None,
                ..
            } => Err(Malformed::Unknown),
            _ => Err(Malformed::Ambiguous),
        }
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    event: Option<Name<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "present")]
    id: Option<RequestId>,
    #[serde(default, deserialize_with = "present")]
    cancel: Option<RequestId>,
    #[serde(default, deserialize_with = "present")]
    hello: Option<Hello>,
}

/// Borrows where the name is written without escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A member that is there is not absent, even where it is `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// An id that this protocol did not give out is nobody's.
fn connection<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ConnectionId>, D::Error> {
    Ok(Cow::<str>::deserialize(deserializer)?.parse().ok())
}

/// A position that cannot be read is one that cannot be resumed from; it is no reason to refuse the client.
fn positions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<HashMap<String, Option<Position>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lenient {
        Position(Position),
        Other(serde::de::IgnoredAny),
    }
    let positions = HashMap::<String, Lenient>::deserialize(deserializer)?;
    let lenient = positions
        .into_iter()
        .map(|(channel, position)| match position {
            Lenient::Position(position) => (channel, Some(position)),
            Lenient::Other(_) => (channel, None),
        });
    Ok(lenient.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_without_end_is_skipped_without_recursion() {
        let text = format!(
            r#"{{"event":"a.b","data":{}{}}}"#,
            "[".repeat(5000),
            "]".repeat(5000)
        );
        assert!(
            matches!(Incoming::parse(&text), Ok(Incoming::Event { data, .. }) if data.len() == 10_000)
        );
    }

    #[test]
    fn null_is_a_payload_and_not_its_absence() {
        let parsed = Incoming::parse(r#"{"event":"a.b","data":null}"#).unwrap();
        assert!(matches!(parsed, Incoming::Event { data: "null", .. }));
    }

    #[test]
    fn a_position_that_cannot_be_read_does_not_refuse_the_hello() {
        let parsed = Incoming::parse(r#"{"hello":{"resume":{"room":"?","other":7}}}"#).unwrap();
        let Incoming::Hello(hello) = parsed else {
            panic!("not a hello")
        };
        assert_eq!(hello.resume["room"], None);
        assert_eq!(hello.resume["other"], None);
    }

    #[test]
    fn a_message_with_two_meanings_is_refused() {
        assert!(matches!(
            Incoming::parse(r#"{"event":"a.b","cancel":1}"#),
            Err(Malformed::Ambiguous)
        ));
        assert!(matches!(Incoming::parse(" { } "), Ok(Incoming::Pong)));
        assert!(matches!(Incoming::parse("{}{}"), Err(Malformed::Json(_))));
        assert!(matches!(Incoming::parse(""), Err(Malformed::NotAnObject)));
    }
}
