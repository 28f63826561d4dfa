//! What is written when an item has mistakes: implementations that satisfy every bound, so that the mistake is reported
//! once and not again at each use of the type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::attr::{Attributes, Place};
use crate::errors::Errors;

pub(crate) fn item(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let says_event = Attributes::read(&input.attrs, Place::Item, &mut Errors::default())
        .event
        .is_some();
    if matches!(&input.data, Data::Enum(_)) && !says_event {
        return events(input);
    }
    quote! {
        #[automatically_derived]
        impl #generics ::ws_core::WsEvent for #ident #arguments #bounds {
            const NAME: &'static str = "";
            const DOCS: &'static str = "";
            const DEPRECATED: bool = false;
            type Reply = ::ws_core::__private::NoReply;
            type Error = ::ws_core::__private::NoError;
        }
    }
}

/// Of an enum that may have been meant as the events of either side.
fn events(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #generics ::ws_core::__private::EventEnum for #ident #arguments #bounds {
                const EVENTS: &'static [::ws_core::__private::EventSpec] = &[];
                type Slots = ::ws_core::__private::Unknown;

                fn index(&self) -> usize {
                    0
                }
            }

            #[automatically_derived]
            impl #generics ::ws_core::__private::ClientEvents for #ident #arguments #bounds {}

            #[automatically_derived]
            impl #generics ::ws_core::__private::ServerEvents for #ident #arguments #bounds {}
        };
    }
}
