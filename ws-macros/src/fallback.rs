//! What is written when an item has mistakes: implementations that satisfy every bound, so that the mistake is reported
//! once and not again at each use of the type.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DataEnum, DeriveInput, Fields, Ident, LitStr, Type};

use crate::attr::{Attributes, Place};
use crate::errors::Errors;

pub(crate) fn item(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let event = Attributes::read(&input.attrs, Place::Item, &mut Errors::default()).event;
    if let (Data::Enum(data), None) = (&input.data, &event) {
        return events(input, data);
    }
    // Payloads without a name must not share one: that would be reported as a duplicate.
    let name = event.unwrap_or_else(|| LitStr::new(&ident.to_string(), ident.span()));
    quote! {
        #[automatically_derived]
        impl #generics ::ws_core::WsEvent for #ident #arguments #bounds {
            const NAME: &'static str = #name;
            const DOCS: &'static str = "";
            const DEPRECATED: bool = false;
            type Reply = ::ws_core::__private::Unknown;
            type Error = ::ws_core::__private::Unknown;
        }
    }
}

/// Of an enum that may have been meant as the events of either side.
fn events(input: &DeriveInput, data: &DataEnum) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let carries = carries(input, data);
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

            #carries
        };
    }
}

/// What can be sent, as far as it was understood.
fn carries(input: &DeriveInput, data: &DataEnum) -> TokenStream {
    let ident = &input.ident;
    // The implementations of a type that is a parameter could meet others.
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let carries = payloads(data).into_iter().map(|(variant, payload)| {
        quote! {
            #[automatically_derived]
            impl ::ws_core::__private::Carries<#payload> for #ident {
                const NAME: &'static str = "";
                const INDEX: usize = 0;
            }

            #[automatically_derived]
            impl ::core::convert::From<#payload> for #ident {
                fn from(payload: #payload) -> Self {
                    Self::#variant(payload)
                }
            }
        }
    });
    carries.collect()
}

/// The variants that have a payload, each payload once.
fn payloads(data: &DataEnum) -> Vec<(&Ident, &Type)> {
    let mut seen = HashSet::new();
    let payloads = data
        .variants
        .iter()
        .filter_map(|variant| match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                Some((&variant.ident, &fields.unnamed.first()?.ty))
            }
            _ => None,
        });
    payloads
        .filter(|(_, payload)| seen.insert(payload.to_token_stream().to_string()))
        .collect()
}
