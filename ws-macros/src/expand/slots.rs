//! The state of a registration: a type with one slot for each event.
//!
//! The slots stand in groups of about the square root of their number, so that the transition of one slot names its group
//! and the other groups, and not every slot: for 150 events that halves what the compiler spends on them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::event_enum::answers;
use crate::model::{Event, EventEnum};

/// The state in which no event is handled.
pub(super) fn missing(events: &EventEnum) -> TokenStream {
    all(events, &quote!(::ws_core::__private::Missing))
}

/// The types of the state, and the transitions between their values.
pub(super) fn implement(events: &EventEnum) -> TokenStream {
    let EventEnum {
        visibility, ident, ..
    } = events;
    let slots = slots_type(events);
    let groups = Group::of(events);
    let parameters: Vec<Ident> = (0..groups.len())
        .map(|group| format_ident!("Group{group}"))
        .collect();
    let definitions = groups.iter().map(|group| group.define(events));
    let transitions = groups.iter().flat_map(|group| {
        group
            .events
            .iter()
            .map(|event| pass_on(events, &parameters, group.index, event))
    });
    let missing = missing(events);
    let handled = all(events, &quote!(::ws_core::__private::Handled));
    let nobody = [quote!(NoPayload), quote!(NoPayloadEither)];
    let nobody = nobody.map(|payload| register_nobody(events, &parameters, &payload));
    quote! {
        #(#definitions)*

        #[doc(hidden)]
        #visibility struct #slots<#(#parameters),*>(::core::marker::PhantomData<(#(#parameters,)*)>);

        #(#transitions)*

        #(#nobody)*

        #[automatically_derived]
        impl<#(#parameters: ::ws_core::__private::Complete),*> ::ws_core::__private::Complete for #slots<#(#parameters),*> {}

        #[automatically_derived]
        impl ::ws_core::__private::Include<#ident, ::ws_core::__private::Place<0>> for #missing {
            type Next = #handled;
        }
    }
}

/// Some of the events of an enum.
struct Group<'a> {
    index: usize,
    /// The place of its first event in the enum.
    first: usize,
    events: &'a [Event],
}

impl<'a> Group<'a> {
    fn of(events: &'a EventEnum) -> Vec<Self> {
        let size = events.events.len().isqrt().max(1);
        let groups = events.events.chunks(size).enumerate();
        groups
            .map(|(index, events)| Self {
                index,
                first: index * size,
                events,
            })
            .collect()
    }

    fn type_name(&self, events: &EventEnum) -> Ident {
        format_ident!("{}Slots{}", events.ident, self.index)
    }

    /// The type of the group, with a transition for each of its slots.
    fn define(&self, events: &EventEnum) -> TokenStream {
        let visibility = &events.visibility;
        let group = self.type_name(events);
        let slots: Vec<Ident> = (0..self.events.len())
            .map(|slot| format_ident!("Slot{slot}"))
            .collect();
        let payloads = self.events.iter().map(|event| &event.payload);
        let transitions = (0..self.events.len()).map(|slot| self.register(events, &slots, slot));
        quote! {
            #[doc(hidden)]
            #visibility struct #group<#(#slots),*>(::core::marker::PhantomData<(#(#slots,)*)>);

            #(#transitions)*

            #[automatically_derived]
            impl<#(#slots: ::ws_core::__private::IsHandled<#payloads>),*> ::ws_core::__private::Complete
                for #group<#(#slots),*> {}
        }
    }

    /// The transition that fills one slot.
    fn register(&self, events: &EventEnum, slots: &[Ident], at: usize) -> TokenStream {
        let ident = &events.ident;
        let group = self.type_name(events);
        let event = &self.events[at];
        let payload = &event.payload;
        let slot = &slots[at];
        let answers = answers(event);
        let index = self.first + at;
        let next = replaced(slots, at, quote!(::ws_core::__private::Handled));
        quote! {
            #[automatically_derived]
            impl<#(#slots),*> ::ws_core::__private::Register<#payload> for #group<#(#slots),*>
            where
                #slot: ::ws_core::__private::Unhandled<#payload>,
            {
                type Next = #group<#(#next),*>;
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
}

/// The transition of the whole state, which is that of one of its groups.
fn pass_on(events: &EventEnum, groups: &[Ident], at: usize, event: &Event) -> TokenStream {
    let slots = slots_type(events);
    let payload = &event.payload;
    let group = &groups[at];
    let in_group = quote!(<#group as ::ws_core::__private::Register<#payload>>);
    let next = replaced(groups, at, quote!(#in_group::Next));
    quote! {
        #[automatically_derived]
        impl<#(#groups),*> ::ws_core::__private::Register<#payload> for #slots<#(#groups),*>
        where
            #group: ::ws_core::__private::Register<#payload>,
        {
            type Next = #slots<#(#next),*>;
            type Enum = #in_group::Enum;
            type Answers = #in_group::Answers;
            const INDEX: usize = #in_group::INDEX;
            const VIOLATION: fn(&#payload) -> ::core::option::Option<::ws_core::__private::Violation> =
                #in_group::VIOLATION;
        }
    }
}

/// A transition that nobody takes. Two of them keep the compiler from guessing which event must be meant when one is left,
/// or none: its message would then be about types that do not match, not about the event.
fn register_nobody(events: &EventEnum, groups: &[Ident], payload: &TokenStream) -> TokenStream {
    let ident = &events.ident;
    let slots = slots_type(events);
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl<#(#groups),*> ::ws_core::__private::Register<::ws_core::__private::#payload> for #slots<#(#groups),*> {
            type Next = Self;
            type Enum = #ident;
            type Answers = (::ws_core::__private::NoReply, ::ws_core::__private::NoError);
            const INDEX: usize = 0;
            const VIOLATION: fn(&::ws_core::__private::#payload)
                -> ::core::option::Option<::ws_core::__private::Violation> = |_| ::core::option::Option::None;
        }
    }
}

/// The state in which every slot is the same.
fn all(events: &EventEnum, slot: &TokenStream) -> TokenStream {
    let slots = slots_type(events);
    let groups = Group::of(events);
    let groups = groups.iter().map(|group| {
        let name = group.type_name(events);
        let slots = group.events.iter().map(|_| slot);
        quote!(#name<#(#slots),*>)
    });
    quote!(#slots<#(#groups),*>)
}

/// The names, with something else in one place.
fn replaced(names: &[Ident], at: usize, other: TokenStream) -> Vec<TokenStream> {
    let mut replaced: Vec<TokenStream> = names.iter().map(|name| quote!(#name)).collect();
    replaced[at] = other;
    replaced
}

/// A name that a user does not meet: it stands in an anonymous block.
fn slots_type(events: &EventEnum) -> Ident {
    format_ident!("{}Slots", events.ident)
}
