//! What is wrong with an item that was understood. One rule, one function.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Type;
use syn::spanned::Spanned;

use crate::case;
use crate::errors::Errors;
use crate::model::{Direction, Event, EventEnum, Item, Name, Payload};
use crate::policy::Policy;

/// Checks every rule, and reports all that are broken.
pub(crate) fn item(item: &Item, errors: &mut Errors) {
    match item {
        Item::Payload(payload) => {
            name_is_well_formed(&payload.event.value(), payload.event.span(), errors);
            error_has_a_reply(payload.reply.as_ref(), payload.error.as_ref(), errors);
            payload_is_no_unit_struct(payload, errors);
            has_no_generics(&payload.generics, errors);
        }
        Item::Enum(events) => {
            namespace_is_well_formed(events, errors);
            has_no_generics(&events.generics, errors);
            has_events(events, errors);
            names_are_unique(events, errors);
            payloads_are_unique(events, errors);
            for event in &events.events {
                if let (Name::Enum { text, span }, false) =
                    (&event.name, events.has_bad_namespace())
                {
                    name_is_well_formed(text, *span, errors);
                }
                error_has_a_reply(event.reply.as_ref(), event.error.as_ref(), errors);
                reply_stands_where_the_name_stands(event, errors);
                only_clients_ask(events.direction, event, errors);
                policy_fits_the_direction(events.direction, event, errors);
            }
        }
    }
}

impl EventEnum {
    /// Whether the namespace is the mistake, so that it is not reported for each variant again.
    fn has_bad_namespace(&self) -> bool {
        self.namespace
            .as_ref()
            .is_some_and(|namespace| case::fault(&namespace.value()).is_some())
    }
}

fn name_is_well_formed(name: &str, span: Span, errors: &mut Errors) {
    if let Some(fault) = case::fault(name) {
        errors.at(span, fault);
    }
}

fn namespace_is_well_formed(events: &EventEnum, errors: &mut Errors) {
    if let Some(namespace) = &events.namespace {
        name_is_well_formed(&namespace.value(), namespace.span(), errors);
    }
}

/// Only a request can be refused: an event without a reply has no answer that could carry the error.
fn error_has_a_reply(reply: Option<&Type>, error: Option<&Type>, errors: &mut Errors) {
    if let (None, Some(error)) = (reply, error) {
        errors.on(error, "only a request can have an error: add `reply = …`, or `reply = ()` for a request without a result");
    }
}

/// serde writes a unit struct as `null`, which leaves no room for a first field later.
fn payload_is_no_unit_struct(payload: &Payload, errors: &mut Errors) {
    if payload.is_unit {
        let ident = &payload.ident;
        errors.on(ident, format!("a unit struct is `null` in JSON; write `struct {ident} {{}}`, which is `{{}}` and can grow"));
    }
}

fn has_no_generics(generics: &syn::Generics, errors: &mut Errors) {
    if !generics.params.is_empty() {
        errors.on(
            &generics.params,
            "an event has exactly one JSON form, so its type cannot have parameters; declare a type for each use",
        );
    }
}

fn has_events(events: &EventEnum, errors: &mut Errors) {
    if events.events.is_empty() {
        errors.on(
            &events.ident,
            "an enum of events must have at least one variant: write `Name(Payload)`",
        );
    }
}

fn names_are_unique(events: &EventEnum, errors: &mut Errors) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for event in &events.events {
        let Name::Enum { text, span } = &event.name else {
            continue;
        };
        match seen.get(text.as_str()) {
            Some(first) => {
                errors.at(*span, format!("duplicate event name `{text}`"));
                errors.at(*first, format!("`{text}` is first declared here"));
            }
            None => {
                seen.insert(text, *span);
            }
        }
    }
}

/// Handlers and sends find their event by the payload type.
fn payloads_are_unique(events: &EventEnum, errors: &mut Errors) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for event in &events.events {
        let payload = event.payload.to_token_stream().to_string();
        match seen.get(&payload) {
            Some(first) => {
                errors.on(
                    &event.payload,
                    format!("`{payload}` is the payload of two events; events are identified by their payload type, so give each its own"),
                );
                errors.at(*first, format!("`{payload}` is first used here"));
            }
            None => {
                seen.insert(payload, event.payload.span());
            }
        }
    }
}

/// A payload that names itself says everything about its event; two places could contradict each other.
fn reply_stands_where_the_name_stands(event: &Event, errors: &mut Errors) {
    if matches!(event.name, Name::Payload) {
        for key in [&event.reply, &event.error].into_iter().flatten() {
            errors.on(
                key,
                "this event is named by its payload, which must also declare `reply` and `error`: move them next to `event`",
            );
        }
        let Policy {
            when_slow,
            rate,
            ephemeral,
        } = &event.policy;
        if let Some(key) = ephemeral {
            errors.on(
                key,
                "this event is named by its payload, which must also declare `ephemeral`: move it next to `event`",
            );
        }
        let written = [
            when_slow.as_ref().map(|(_, written)| written),
            rate.as_ref().map(|(_, written)| written),
        ];
        for key in written.into_iter().flatten() {
            errors.on(
                key,
                "this event is named by its payload, which must also declare `rate` and `when_slow`: move them next to `event`",
            );
        }
    }
}

fn only_clients_ask(direction: Direction, event: &Event, errors: &mut Errors) {
    if let (Direction::Server, Some(reply)) = (direction, &event.reply) {
        errors.on(
            reply,
            "only clients send requests: an event from the server cannot have a reply",
        );
    }
}

/// Who sends an event decides what can be said of it: the server bounds what clients send, and what it does with its own.
fn policy_fits_the_direction(direction: Direction, event: &Event, errors: &mut Errors) {
    if let (Direction::Client, Some(key)) = (direction, &event.policy.ephemeral) {
        errors.on(
            key,
            "`ephemeral` is only for events that the server sends: events from clients do not go through a log",
        );
    }
    match (direction, &event.policy) {
        (
            Direction::Client,
            Policy {
                when_slow: Some((_, written)),
                ..
            },
        ) => errors.on(
            written,
            "`when_slow` is only for events that the server sends; to limit how often clients send an event, use `rate`",
        ),
        (
            Direction::Server,
            Policy {
                rate: Some((_, written)),
                ..
            },
        ) => errors.on(
            written,
            "`rate` is only for events that clients send; to choose what happens when a receiver is too slow, use `when_slow`",
        ),
        _ => {}
    }
}
