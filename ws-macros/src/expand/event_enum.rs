//! An enum of events: its table, its direction, and which payloads it carries.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::payload::type_or;
use super::slots;
use crate::model::{Direction, Event, EventEnum, Name};

pub(super) fn implement(events: &EventEnum) -> TokenStream {
    let ident = &events.ident;
    let specs = events
        .events
        .iter()
        .map(|event| spec(events.direction, event));
    let names = events.events.iter().map(|event| &event.ident);
    let indices = 0..events.events.len();
    let carries = events
        .events
        .iter()
        .enumerate()
        .map(|(index, event)| carry(events, index, event));
    let assertions = events
        .events
        .iter()
        .map(|event| assertion(events.direction, event));
    let (direction, slots_type, slots) = match events.direction {
        Direction::Client => (
            quote!(ClientEvents),
            slots::missing(events),
            slots::implement(events),
        ),
        Direction::Server => (quote!(ServerEvents), quote!(()), TokenStream::new()),
    };
    quote! {
        #slots

        #[automatically_derived]
        impl ::ws_core::__private::EventEnum for #ident {
            const EVENTS: &'static [::ws_core::__private::EventSpec] = &[#(#specs),*];
            type Slots = #slots_type;

            fn index(&self) -> usize {
                match self {
                    #(Self::#names(_payload) => #indices,)*
                }
            }
        }

        #[automatically_derived]
        impl ::ws_core::__private::#direction for #ident {}

        #(#carries)*

        #(#assertions)*

        const _: () = ::ws_core::__private::assert_unique_names(
            <#ident as ::ws_core::__private::EventEnum>::EVENTS,
        );
    }
}

fn spec(direction: Direction, event: &Event) -> TokenStream {
    let payload = &event.payload;
    let probe = quote!(::ws_core::__private::Probe::<#payload>);
    let name = name(event);
    let own_docs = &event.docs;
    let docs = match event.name {
        Name::Payload if own_docs.is_empty() => quote!(<#payload as ::ws_core::WsEvent>::DOCS),
        _ => quote!(#own_docs),
    };
    let own_deprecated = event.deprecated;
    let deprecated = match event.name {
        Name::Payload => quote!(#own_deprecated || <#payload as ::ws_core::WsEvent>::DEPRECATED),
        Name::Enum { .. } => quote!(#own_deprecated),
    };
    let (reply, error) = match direction {
        Direction::Client => {
            let (reply, error) = answers(event);
            (described(&reply), described(&error))
        }
        Direction::Server => (
            quote!(::core::option::Option::None),
            quote!(::core::option::Option::None),
        ),
    };
    quote_spanned! {payload.span()=>
        ::ws_core::__private::EventSpec {
            name: #name,
            docs: #docs,
            deprecated: #deprecated,
            limited: {
                use ::ws_core::__private::Unlimited as _;
                #probe::LIMITED
            },
            payload_type: ::core::any::type_name::<#payload>,
            payload: |generator| generator.subschema_for::<#payload>(),
            reply: #reply,
            error: #error,
        }
    }
}

fn described(answer: &TokenStream) -> TokenStream {
    quote!(<#answer as ::ws_core::__private::Described>::SCHEMA)
}

/// The event's name, as an expression.
fn name(event: &Event) -> TokenStream {
    let payload = &event.payload;
    match &event.name {
        Name::Payload => quote_spanned!(payload.span()=> <#payload as ::ws_core::WsEvent>::NAME),
        Name::Enum { text, .. } => quote!(#text),
    }
}

/// The types of a request's reply and error.
pub(super) fn answers(event: &Event) -> (TokenStream, TokenStream) {
    let payload = &event.payload;
    match event.name {
        Name::Payload => (
            quote_spanned!(payload.span()=> <#payload as ::ws_core::WsEvent>::Reply),
            quote_spanned!(payload.span()=> <#payload as ::ws_core::WsEvent>::Error),
        ),
        Name::Enum { .. } => (
            type_or(event.reply.as_ref(), quote!(::ws_core::__private::NoReply)),
            type_or(event.error.as_ref(), quote!(::ws_core::__private::NoError)),
        ),
    }
}

fn carry(events: &EventEnum, index: usize, event: &Event) -> TokenStream {
    let ident = &events.ident;
    let Event {
        ident: variant,
        payload,
        ..
    } = event;
    let name = name(event);
    quote! {
        #[automatically_derived]
        impl ::ws_core::__private::Carries<#payload> for #ident {
            const NAME: &'static str = #name;
            const INDEX: usize = #index;
        }

        #[automatically_derived]
        impl ::core::convert::From<#payload> for #ident {
            fn from(payload: #payload) -> Self {
                Self::#variant(payload)
            }
        }
    }
}

/// What is demanded of a payload, reported where the payload stands rather than where it is first used.
fn assertion(direction: Direction, event: &Event) -> TokenStream {
    let payload = &event.payload;
    let span = payload.span();
    let bound = match direction {
        Direction::Client => {
            quote_spanned!(span=> ::ws_core::__private::assert_receivable::<#payload>)
        }
        Direction::Server => {
            quote_spanned!(span=> ::ws_core::__private::assert_sendable::<#payload>)
        }
    };
    let named_once = match &event.name {
        Name::Payload => TokenStream::new(),
        Name::Enum { text, .. } => {
            let message = format!(
                "the event `{text}` is named by its enum, but its payload type derives `WsEvent` and names itself too: \
                 remove the derive from the payload (its `reply` and `error` move to the variant), or the name from the enum"
            );
            quote_spanned! {span=>
                const _: () = {
                    use ::ws_core::__private::Unnamed as _;
                    ::core::assert!(!::ws_core::__private::Probe::<#payload>::NAMED, #message);
                };
            }
        }
    };
    let asks = match (direction, &event.name) {
        (Direction::Server, Name::Payload) => quote_spanned! {span=>
            const _: () = ::core::assert!(
                <<#payload as ::ws_core::WsEvent>::Reply as ::ws_core::__private::Described>::SCHEMA.is_none(),
                "only clients ask: an event of the server has no reply"
            );
        },
        _ => TokenStream::new(),
    };
    quote_spanned! {span=>
        const _: fn() = #bound;
        #named_once
        #asks
    }
}
