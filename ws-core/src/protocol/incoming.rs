//! One message from a client. Decoded in two phases: here the envelope, with `data` left as it is; its payload later, by
//! the handler's type.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{ConnectionKey, Positions, RequestId};

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
    /// Credentials, which the application judges.
    pub(crate) token: Option<Box<str>>,
    /// The key of the client's previous connection.
    #[serde(deserialize_with = "connection")]
    pub(crate) connection: Option<ConnectionKey>,
    /// The last position that the client has seen, for each channel.
    pub(crate) resume: Positions,
}

/// A message that says nothing the protocol knows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a message must be a JSON object")]
    NotAnObject,
    #[error("the message has none of the members `event`, `cancel` and `hello`")]
    Unknown,
    #[error("the message has more than one of the members `event`, `cancel` and `hello`")]
    Ambiguous,
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl<'a> Incoming<'a> {
    /// What an event is, provided that its `data` is JSON: for messages in the form in which clients write them, without a
    /// look at the payload, which is parsed only once then. Where it is not, [`parse`](Self::parse) tells what the message is.
    pub(crate) fn guess(text: &'a str) -> Option<Self> {
        let (name, rest) = text.strip_prefix(r#"{"event":""#)?.split_once('"')?;
        let members = rest.strip_prefix(r#","data":"#)?.strip_suffix('}')?;
        if name.contains('\\') {
            return None;
        }
        let (data, id) = match members.rsplit_once(r#","id":"#) {
            Some((data, id)) if id.bytes().all(|byte| byte.is_ascii_digit()) => {
                (data, Some(serde_json::from_str(id).ok()?))
            }
            _ => (members, None),
        };
        Some(Self::Event {
            name: Cow::Borrowed(name),
            data,
            id,
        })
    }

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

/// The members of a message. A member that is there is not absent, even where it is `null`.
#[derive(Default)]
struct Envelope<'a> {
    event: Option<Name<'a>>,
    data: Option<&'a RawValue>,
    id: Option<RequestId>,
    cancel: Option<RequestId>,
    hello: Option<Hello>,
}

/// Borrows where the name is written without escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        // Members that nobody knows are ignored, but they may not appear twice either.
        let mut unknown = HashSet::new();
        while let Some(Name(member)) = map.next_key()? {
            let is_first = match &*member {
                "event" => envelope.event.replace(map.next_value()?).is_none(),
                "data" => envelope.data.replace(map.next_value()?).is_none(),
                "id" => envelope.id.replace(map.next_value()?).is_none(),
                "cancel" => envelope.cancel.replace(map.next_value()?).is_none(),
                "hello" => {
                    let Greeting(hello) = map.next_value()?;
                    envelope.hello.replace(hello).is_none()
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    unknown.insert(member)
                }
            };
            if !is_first {
                return Err(A::Error::custom("a member appears twice"));
            }
        }
        Ok(envelope)
    }
}

/// A `hello`, which is an object: serde would take a JSON array for its members in their order.
struct Greeting(Hello);

impl<'de> Deserialize<'de> for Greeting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HelloMembers).map(Self)
    }
}

struct HelloMembers;

impl<'de> Visitor<'de> for HelloMembers {
    type Value = Hello;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Hello, A::Error> {
        Hello::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A key that this protocol did not give out is nobody's.
fn connection<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ConnectionKey>, D::Error> {
    Ok(Cow::<str>::deserialize(deserializer)?.parse().ok())
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
    fn a_guess_is_what_parsing_finds_or_its_data_is_no_json() {
        let texts = [
            r#"{"event":"a.b","data":{"text":"x"}}"#,
            r#"{"event":"a.b","data":[1,2]}"#,
            r#"{"event":"a.b","data":{"text":"x"},"id":7}"#,
            r#"{"event":"a.b","data":{"text":",\"id\":8"}}"#,
            r#"{"event":"a.b","data":{"id":9}}"#,
            r#"{"event":"a.b","data":{"x":1,"id":9}}"#,
            r#"{"event":"a.b","data":{},"id":7,"trace":1}"#,
            r#"{"event":"a.b","data":{},"trace":1,"id":7}"#,
            r#"{"event":"a.b","data":{},"id":7,"id":8}"#,
            r#"{"event":"a.b","data":{},"id":99999999999999999999}"#,
            r#"{"event":"a.b","data":1,"data":2}"#,
            r#"{"event":"a.b","data":{}"#,
            r#"{"event":"a.b","data":}"#,
            r#"{"event":"a.b","data":{}}}"#,
            r#"{"event":"a\"b","data":{}}"#,
        ];
        let mut guessed = 0;
        for text in texts {
            let Some(Incoming::Event { name, data, id }) = Incoming::guess(text) else {
                continue;
            };
            if serde_json::from_str::<IgnoredAny>(data).is_err() {
                continue;
            }
            guessed += 1;
            match Incoming::parse(text) {
                Ok(Incoming::Event {
                    name: found,
                    data: found_data,
                    id: found_id,
                }) => assert_eq!((name, data, id), (found, found_data, found_id), "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert_eq!(guessed, 6);
    }

    #[test]
    fn null_is_a_payload_and_not_its_absence() {
        let parsed = Incoming::parse(r#"{"event":"a.b","data":null}"#).unwrap();
        assert!(matches!(parsed, Incoming::Event { data: "null", .. }));
    }

    #[test]
    fn a_position_that_cannot_be_read_does_not_refuse_the_hello() {
        let text =
            r#"{"hello":{"resume":{"room":"?","other":7,"third":"AAYJ2v4EAAABI0VniavN7w"}}}"#;
        let Ok(Incoming::Hello(hello)) = Incoming::parse(text) else {
            panic!("not a hello")
        };
        assert!(hello.resume.has_unread);
        let [(channel, _)] = &*hello.resume.read else {
            panic!("{:?}", hello.resume)
        };
        assert_eq!(&**channel, "third");
    }

    #[test]
    fn no_member_appears_twice_known_or_not() {
        for member in [
            r#""event":"a.b""#,
            r#""data":1"#,
            r#""id":1"#,
            r#""trace":1"#,
        ] {
            let text = format!(r#"{{"event":"a.b","data":1,"id":1,"trace":1,{member}}}"#);
            assert!(
                matches!(Incoming::parse(&text), Err(Malformed::Json(_))),
                "{member}"
            );
        }
        assert!(Incoming::parse(r#"{"event":"a.b","trace":1,"span":[]}"#).is_ok());
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
