//! Writes the implementations. Knows the model only, never the input it was read from.
//!
//! Generated code names everything by its absolute path, through `::ws_core::__private`, and stands in a block of its
//! own, so that it can neither clash with the user's names nor be reached by them.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Item;

mod event_enum;
mod payload;
mod slots;

/// The implementations for an item without mistakes.
pub(crate) fn item(item: &Item) -> TokenStream {
    let implementations = match item {
        Item::Payload(payload) => payload::implement(payload),
        Item::Enum(events) => event_enum::implement(events),
    };
    quote! {
        const _: () = {
            #implementations
        };
    }
}
