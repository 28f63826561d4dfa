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
    let carries_nobody = carry_nobody(events);
    let assertions = events.events.iter().map(assert_named_once);
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
        #carries_nobody

        #(#assertions)*

        const _: () = ::ws_core::__private::assert_unique_names(
            <#ident as ::ws_core::__private::EventEnum>::EVENTS,
        );
    }
}

/// The event's row in the table. Its bounds are what a payload must satisfy, reported once, where the payload stands.
fn spec(direction: Direction, event: &Event) -> TokenStream {
    let Event {
        payload,
        docs,
        deprecated,
        ..
    } = event;
    let span = payload.span();
    let limited = quote!({
        #[allow(unused_imports)]
        use ::ws_core::__private::Unlimited as _;
        ::ws_core::__private::Probe::<#payload>::LIMITED
    });
    let (constructor, arguments) = match (direction, &event.name) {
        (Direction::Client, Name::Payload) => (
            quote_spanned!(span=> from_client_named::<#payload>),
            quote!(#docs, #deprecated, #limited),
        ),
        (Direction::Client, Name::Enum { text, .. }) => {
            let (reply, error) = answers_on_variant(event);
            (
                quote_spanned!(span=> from_client::<#payload, #reply, #error>),
                quote!(#text, #docs, #deprecated, #limited),
            )
        }
        (Direction::Server, Name::Payload) => (
            quote_spanned!(span=> from_server_named::<#payload>),
            quote!(#docs, #deprecated),
        ),
        (Direction::Server, Name::Enum { text, .. }) => (
            quote_spanned!(span=> from_server::<#payload>),
            quote!(#text, #docs, #deprecated),
        ),
    };
    let judges = judges(direction, event);
    let when_slow = event.policy.when_slow();
    let when_slow = when_slow.map(|when_slow| quote!(.with_when_slow(#when_slow)));
    let rate = event.policy.rate().map(|rate| quote!(.with_rate(#rate)));
    let ephemeral = event.policy.ephemeral.is_some();
    let ephemeral = ephemeral.then(|| quote!(.as_ephemeral()));
    quote_spanned! {span=>
        ::ws_core::__private::EventSpec::#constructor(#arguments) #when_slow #rate #ephemeral .judged(#judges)
    }
}

/// What serde makes of what the event carries.
fn judges(direction: Direction, event: &Event) -> TokenStream {
    let payload = &event.payload;
    let asked = |written: &TokenStream, ask: TokenStream| {
        quote!(::core::option::Option::Some(|text| {
            #[allow(unused_imports)]
            use ::ws_core::__private::{OneWay as _, Unlimited as _};
            #ask(text, ::ws_core::__private::Probe::<#written>::violation)
        }))
    };
    let rewritten = |written: &TokenStream| {
        asked(
            written,
            quote!(::ws_core::__private::Probe::<#written>::rewrite),
        )
    };
    if direction == Direction::Server {
        let payload = rewritten(&quote!(#payload));
        return quote!(#payload, ::core::option::Option::None, ::core::option::Option::None);
    }
    let (reply, error) = match event.name {
        Name::Payload => (
            quote!(<#payload as ::ws_core::WsEvent>::Reply),
            quote!(<#payload as ::ws_core::WsEvent>::Error),
        ),
        Name::Enum { .. } => answers_on_variant(event),
    };
    let (reply, error) = (rewritten(&reply), rewritten(&error));
    let payload = asked(
        &quote!(#payload),
        quote!(::ws_core::__private::read::<#payload>),
    );
    quote!(#payload, #reply, #error)
}

/// The type that tells a request's reply and error.
pub(super) fn answers(event: &Event) -> TokenStream {
    let payload = &event.payload;
    match event.name {
        Name::Payload => quote_spanned!(payload.span()=> ::ws_core::__private::Declared<#payload>),
        Name::Enum { .. } => {
            let (reply, error) = answers_on_variant(event);
            quote!((#reply, #error))
        }
    }
}

fn answers_on_variant(event: &Event) -> (TokenStream, TokenStream) {
    (
        type_or(event.reply.as_ref(), quote!(::ws_core::__private::NoReply)),
        type_or(event.error.as_ref(), quote!(::ws_core::__private::NoError)),
    )
}

fn carry(events: &EventEnum, index: usize, event: &Event) -> TokenStream {
    let ident = &events.ident;
    let Event {
        ident: variant,
        payload,
        ..
    } = event;
    quote! {
        #[automatically_derived]
        impl ::ws_core::__private::Carries<#payload> for #ident {
            const NAME: &'static str = <Self as ::ws_core::__private::EventEnum>::EVENTS[#index].name;
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

/// Where an enum has a single event, a second payload that nobody has keeps the compiler from guessing that this event must
/// be meant: its message would then be about types that do not match, not about the event.
fn carry_nobody(events: &EventEnum) -> TokenStream {
    let ident = &events.ident;
    if events.events.len() > 1 {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::ws_core::__private::Carries<::ws_core::__private::NoPayload> for #ident {
            const NAME: &'static str = "";
            const INDEX: usize = 0;
        }
    }
}

/// An event that its enum names has a payload that does not name itself: the two could contradict each other.
fn assert_named_once(event: &Event) -> TokenStream {
    let payload = &event.payload;
    let Name::Enum { text, .. } = &event.name else {
        return TokenStream::new();
    };
    let message = format!(
        "the event `{text}` is named by its enum, but its payload type derives `WsEvent` and names itself too: \
         remove the derive from the payload (its `reply` and `error` move to the variant), or the name from the enum"
    );
    quote_spanned! {payload.span()=>
        const _: () = {
            #[allow(unused_imports)]
            use ::ws_core::__private::Unnamed as _;
            ::core::assert!(!::ws_core::__private::Probe::<#payload>::NAMED, #message);
        };
    }
}
