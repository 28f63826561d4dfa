//! The state of a registration: a type with one slot for each event.
//!
//! Each event is one implementation that names every slot, so that the cost is quadratic: 150 events are fine, and a
//! larger contract is split into several enums.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::event_enum::answers;
use crate::model::EventEnum;

/// The state in which no event is handled.
pub(super) fn missing(events: &EventEnum) -> TokenStream {
    let slots = type_name(events);
    let missing = events
        .events
        .iter()
        .map(|_| quote!(::ws_core::__private::Missing));
    quote!(#slots<#(#missing),*>)
}

/// The type of the state, and the transitions between its values.
pub(super) fn implement(events: &EventEnum) -> TokenStream {
    let EventEnum {
        visibility, ident, ..
    } = events;
    let slots = type_name(events);
    let names: Vec<Ident> = (0..events.events.len())
        .map(|index| format_ident!("Slot{index}"))
        .collect();
    let payloads: Vec<_> = events.events.iter().map(|event| &event.payload).collect();
    let registrations = (0..events.events.len()).map(|index| register(events, &names, index));
    let missing = missing(events);
    let handled = names.iter().map(|_| quote!(::ws_core::__private::Handled));
    let nobody = [quote!(NoPayload), quote!(NoPayloadEither)];
    let nobody = nobody.map(|payload| register_nobody(events, &names, &payload));
    quote! {
        #[doc(hidden)]
        #visibility struct #slots<#(#names),*>(::core::marker::PhantomData<(#(#names,)*)>);

        #(#registrations)*

        #(#nobody)*

        #[automatically_derived]
        impl<#(#names: ::ws_core::__private::IsHandled<#payloads>),*> ::ws_core::__private::Complete for #slots<#(#names),*> {}

        #[automatically_derived]
        impl ::ws_core::__private::Include<#ident, ::ws_core::__private::Place<0>> for #missing {
            type Next = #slots<#(#handled),*>;
        }
    }
}

/// The transition that fills the slot at `index`.
fn register(events: &EventEnum, names: &[Ident], index: usize) -> TokenStream {
    let ident = &events.ident;
    let slots = type_name(events);
    let event = &events.events[index];
    let payload = &event.payload;
    let slot = &names[index];
    let answers = answers(event);
    let next = names
        .iter()
        .enumerate()
        .map(|(at, name)| match at == index {
            true => quote!(::ws_core::__private::Handled),
            false => quote!(#name),
        });
    quote! {
        #[automatically_derived]
        impl<#(#names),*> ::ws_core::__private::Register<#payload> for #slots<#(#names),*>
        where
            #slot: ::ws_core::__private::Unhandled<#payload>,
        {
            type Next = #slots<#(#next),*>;
            type Enum = #ident;
            type Answers = #answers;
            const INDEX: usize = #index;
            const VIOLATION: fn(&#payload) -> ::core::option::Option<::ws_core::__private::Violation> = {
                #[allow(unused_imports)]
                use ::ws_core::__private::Unlimited as _;
                ::ws_core::__private::Probe::<#payload>::violation
            };
        }
    }
}

/// A transition that nobody takes. Two of them keep the compiler from guessing which event must be meant when one is left,
/// or none: its message would then be about types that do not match, not about the event.
fn register_nobody(events: &EventEnum, names: &[Ident], payload: &TokenStream) -> TokenStream {
    let ident = &events.ident;
    let slots = type_name(events);
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl<#(#names),*> ::ws_core::__private::Register<::ws_core::__private::#payload> for #slots<#(#names),*> {
            type Next = Self;
            type Enum = #ident;
            type Answers = (::ws_core::__private::NoReply, ::ws_core::__private::NoError);
            const INDEX: usize = 0;
            const VIOLATION: fn(&::ws_core::__private::#payload)
                -> ::core::option::Option<::ws_core::__private::Violation> = |_| ::core::option::Option::None;
        }
    }
}

/// A name that a user does not meet: it stands in an anonymous block.
fn type_name(events: &EventEnum) -> Ident {
    format_ident!("{}Slots", events.ident)
}
