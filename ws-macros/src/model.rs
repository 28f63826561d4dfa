//! What the macro understood of an item: a payload that names itself, or an enum of events.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Generics, Ident, LitStr, Type, Variant, Visibility};

use crate::attr::{self, Attributes, Place};
use crate::case;
use crate::errors::Errors;
use crate::policy::Policy;

/// An item that is derived.
pub(crate) enum Item {
    /// A payload type that names its event.
    Payload(Box<Payload>),
    /// An enum whose variants are events.
    Enum(EventEnum),
}

/// A payload type with `#[ws(event = "…")]`.
pub(crate) struct Payload {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) event: LitStr,
    pub(crate) reply: Option<Type>,
    pub(crate) error: Option<Type>,
    pub(crate) policy: Policy,
    pub(crate) docs: String,
    pub(crate) deprecated: bool,
    /// It is written `struct Name;`.
    pub(crate) is_unit: bool,
}

/// An enum with `#[ws(from = "…")]`.
pub(crate) struct EventEnum {
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) direction: Direction,
    pub(crate) namespace: Option<LitStr>,
    pub(crate) events: Vec<Event>,
}

/// The side that sends the events of an enum.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Client,
    Server,
}

/// A variant of an enum of events.
pub(crate) struct Event {
    pub(crate) ident: Ident,
    pub(crate) payload: Type,
    pub(crate) name: Name,
    pub(crate) reply: Option<Type>,
    pub(crate) error: Option<Type>,
    pub(crate) policy: Policy,
    pub(crate) docs: String,
    pub(crate) deprecated: bool,
}

/// Where an event has its name from.
pub(crate) enum Name {
    /// The payload type names itself.
    Payload,
    /// The enum names it, by its namespace or by `name` on the variant.
    Enum { text: String, span: Span },
}

impl Item {
    /// Reads an item. Mistakes in its form go to `errors`; `None` means that there is nothing to go on with.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        let attributes = Attributes::read(&input.attrs, Place::Item, errors);
        match &input.data {
            Data::Enum(data) if attributes.event.is_none() => {
                EventEnum::read(input, attributes, data.variants.iter(), errors).map(Self::Enum)
            }
            Data::Union(_) => {
                errors.on(
                    &input.ident,
                    "a union cannot be represented in JSON; use a struct or an enum",
                );
                None
            }
            _ => Payload::read(input, attributes, errors)
                .map(|payload| Self::Payload(Box::new(payload))),
        }
    }
}

impl Payload {
    fn read(input: &DeriveInput, mut attributes: Attributes, errors: &mut Errors) -> Option<Self> {
        let policy = Policy::read(&mut attributes, errors);
        for key in [&attributes.from, &attributes.namespace]
            .into_iter()
            .flatten()
        {
            errors.on(
                key,
                "`from` and `namespace` belong on the enum of events; a payload has `event` instead",
            );
        }
        let Some(event) = attributes.event else {
            errors.at(
                attributes.span.unwrap_or_else(|| input.ident.span()),
                "the event has no name: write `#[ws(event = \"namespace.name\")]`, or remove this derive \
                 if an enum with a `namespace` names the event",
            );
            return None;
        };
        Some(Self {
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            event,
            reply: attributes.reply,
            error: attributes.error,
            policy,
            docs: attr::docs(&input.attrs),
            deprecated: attr::is_deprecated(&input.attrs),
            is_unit: matches!(&input.data, Data::Struct(data) if matches!(data.fields, Fields::Unit)),
        })
    }
}

impl EventEnum {
    fn read<'a>(
        input: &DeriveInput,
        attributes: Attributes,
        variants: impl Iterator<Item = &'a Variant>,
        errors: &mut Errors,
    ) -> Option<Self> {
        for key in [&attributes.reply, &attributes.error].into_iter().flatten() {
            errors.on(
                key,
                "`reply` and `error` belong on the payload or on a variant, not on the enum",
            );
        }
        for key in [&attributes.when_slow, &attributes.rate]
            .into_iter()
            .flatten()
        {
            errors.on(
                key,
                "`rate` and `when_slow` belong on the payload or on a variant, not on the enum",
            );
        }
        let direction = Direction::read(input, &attributes, errors);
        let namespace = attributes.namespace;
        let events: Vec<_> = variants
            .filter_map(|variant| Event::read(variant, namespace.as_ref(), errors))
            .collect();
        Some(Self {
            visibility: input.vis.clone(),
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            direction: direction?,
            namespace,
            events,
        })
    }
}

impl Direction {
    fn read(input: &DeriveInput, attributes: &Attributes, errors: &mut Errors) -> Option<Self> {
        let Some(from) = &attributes.from else {
            errors.at(
                attributes.span.unwrap_or_else(|| input.ident.span()),
                "who sends these events? Write `#[ws(from = \"client\")]` or `#[ws(from = \"server\")]`; \
                 an enum that is itself a payload needs `#[ws(event = \"namespace.name\")]`",
            );
            return None;
        };
        match from.value().as_str() {
            "client" => Some(Self::Client),
            "server" => Some(Self::Server),
            _ => {
                errors.on(from, "`from` must be `\"client\"` or `\"server\"`");
                None
            }
        }
    }
}

impl Event {
    fn read(variant: &Variant, namespace: Option<&LitStr>, errors: &mut Errors) -> Option<Self> {
        let mut attributes = Attributes::read(&variant.attrs, Place::Variant, errors);
        let policy = Policy::read(&mut attributes, errors);
        let payload = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed[0].ty.clone(),
            _ => {
                let ident = &variant.ident;
                errors.on(
                    variant,
                    format!("an event has exactly one payload type: write `{ident}(Payload)`"),
                );
                return None;
            }
        };
        let name = match (attributes.name, namespace) {
            (Some(name), _) => Name::Enum {
                text: name.value(),
                span: name.span(),
            },
            (None, Some(namespace)) => Name::Enum {
                text: format!(
                    "{}.{}",
                    namespace.value(),
                    case::kebab(&variant.ident.unraw().to_string())
                ),
                span: variant.ident.span(),
            },
            (None, None) => Name::Payload,
        };
        Some(Self {
            ident: variant.ident.clone(),
            payload,
            name,
            reply: attributes.reply,
            error: attributes.error,
            policy,
            docs: attr::docs(&variant.attrs),
            deprecated: attr::is_deprecated(&variant.attrs),
        })
    }
}
