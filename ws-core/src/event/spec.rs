//! What is known of an event before the program runs.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Described, Rate, WhenSlow, WsEvent};

/// Adds a type's schema to a generator, and returns a reference to it.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What is known about an event at compile time: a row of the contract's event table.
#[derive(Clone, Copy)]
pub struct EventSpec {
    /// The event's name.
    pub name: &'static str,
    /// The doc comment of the variant, or else that of the payload type.
    pub docs: &'static str,
    /// Whether the event is deprecated.
    pub deprecated: bool,
    /// Whether the payload's limits are checked on receipt (`garde::Validate`).
    pub limited: bool,
    /// Returns the name of the payload's Rust type, for messages.
    pub payload_type: fn() -> &'static str,
    /// The payload's schema.
    pub payload: SchemaOf,
    /// The schema of a request's reply.
    pub reply: Option<SchemaOf>,
    /// The schema of a request's declared error.
    pub error: Option<SchemaOf>,
    /// What serde makes of the payload, the reply and the error.
    pub judges: Judges,
    /// What happens to an event from the server if its receiver is slow.
    pub when_slow: WhenSlow,
    /// How often one client may send an event.
    pub rate: Option<Rate>,
    /// Whether an event from the server bypasses the log of a channel.
    pub ephemeral: bool,
}

/// Asks serde about a text. Returns `None` if serde cannot be asked.
pub type Judge = fn(&str) -> Option<Judgement>;

/// Either what serde writes for the value that it read, if it can, or the reason why there is no value.
pub type Judgement = Result<Option<String>, String>;

/// What serde makes of the payload, the reply and the error of an event. `None` where there is none, and in programs
/// without debug assertions, which have no use for it.
#[derive(Clone, Copy)]
pub struct Judges {
    /// Of the payload.
    pub payload: Option<Judge>,
    /// Of the reply.
    pub reply: Option<Judge>,
    /// Of the declared error.
    pub error: Option<Judge>,
}

impl EventSpec {
    /// Adds what serde makes of the payload, the reply and the error.
    pub const fn judged(
        self,
        payload: Option<Judge>,
        reply: Option<Judge>,
        error: Option<Judge>,
    ) -> Self {
        let judges = if cfg!(debug_assertions) {
            Judges {
                payload,
                reply,
                error,
            }
        } else {
            Judges::NONE
        };
        Self { judges, ..self }
    }

    /// An event from the client that is named by its enum.
    pub const fn from_client<P, R: Described, E: Described>(
        name: &'static str,
        docs: &'static str,
        deprecated: bool,
        limited: bool,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
    {
        Self {
            limited,
            reply: R::SCHEMA,
            error: E::SCHEMA,
            ..Self::new::<P>(name, docs, deprecated)
        }
    }

    /// An event from the client that is named by its payload. Docs on the variant take precedence over those of the
    /// payload.
    ///
    /// # Panics
    ///
    /// Panics during constant evaluation, which makes it a compile error, if the payload declares what only an event of
    /// the server can have.
    pub const fn from_client_named<P>(docs: &'static str, deprecated: bool, limited: bool) -> Self
    where
        P: WsEvent<Reply: Described, Error: Described>
            + DeserializeOwned
            + JsonSchema
            + Send
            + 'static,
    {
        assert!(
            matches!(P::WHEN_SLOW, WhenSlow::Disconnect),
            "`when_slow` is only for events that the server sends"
        );
        assert!(
            !P::EPHEMERAL,
            "`ephemeral` is only for events that the server sends"
        );
        let (docs, deprecated) = (or(docs, P::DOCS), deprecated || P::DEPRECATED);
        Self {
            rate: P::RATE,
            ..Self::from_client::<P, P::Reply, P::Error>(P::NAME, docs, deprecated, limited)
        }
    }

    /// An event from the server that is named by its enum.
    pub const fn from_server<P>(name: &'static str, docs: &'static str, deprecated: bool) -> Self
    where
        P: Serialize + JsonSchema,
    {
        Self::new::<P>(name, docs, deprecated)
    }

    /// An event from the server that is named by its payload.
    ///
    /// # Panics
    ///
    /// Panics during constant evaluation, which makes it a compile error, if the payload declares a reply.
    pub const fn from_server_named<P>(docs: &'static str, deprecated: bool) -> Self
    where
        P: WsEvent<Reply: Described> + Serialize + JsonSchema,
    {
        assert!(
            P::Reply::SCHEMA.is_none(),
            "only clients send requests: an event from the server cannot have a reply"
        );
        assert!(
            P::RATE.is_none(),
            "`rate` is only for events that clients send"
        );
        Self {
            when_slow: P::WHEN_SLOW,
            ephemeral: P::EPHEMERAL,
            ..Self::new::<P>(P::NAME, or(docs, P::DOCS), deprecated || P::DEPRECATED)
        }
    }

    /// Returns the same event with another policy for slow receivers.
    #[must_use]
    pub const fn with_when_slow(self, when_slow: WhenSlow) -> Self {
        Self { when_slow, ..self }
    }

    /// Returns the same event, bypassing the log.
    #[must_use]
    pub const fn as_ephemeral(self) -> Self {
        Self {
            ephemeral: true,
            ..self
        }
    }

    /// Returns the same event with a rate.
    #[must_use]
    pub const fn with_rate(self, rate: Rate) -> Self {
        Self {
            rate: Some(rate),
            ..self
        }
    }

    const fn new<P: JsonSchema>(name: &'static str, docs: &'static str, deprecated: bool) -> Self {
        Self {
            name,
            docs,
            deprecated,
            limited: false,
            payload_type: std::any::type_name::<P>,
            payload: |generator| generator.subschema_for::<P>(),
            reply: None,
            error: None,
            judges: Judges::NONE,
            when_slow: WhenSlow::Disconnect,
            rate: None,
            ephemeral: false,
        }
    }
}

impl Judges {
    const NONE: Self = Self {
        payload: None,
        reply: None,
        error: None,
    };
}

const fn or(first: &'static str, second: &'static str) -> &'static str {
    if first.is_empty() { second } else { first }
}
