//! A payload type that names its event: `WsEvent`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::model::Payload;

pub(super) fn implement(payload: &Payload) -> TokenStream {
    let Payload {
        ident,
        event,
        docs,
        deprecated,
        ..
    } = payload;
    let reply = type_or(
        payload.reply.as_ref(),
        quote!(::ws_core::__private::NoReply),
    );
    let error = type_or(
        payload.error.as_ref(),
        quote!(::ws_core::__private::NoError),
    );
    let when_slow = payload
        .policy
        .when_slow()
        .map(|when_slow| quote!(const WHEN_SLOW: ::ws_core::__private::WhenSlow = #when_slow;));
    let rate = payload.policy.rate().map(|rate| {
        quote! {
            const RATE: ::core::option::Option<::ws_core::__private::Rate> =
                ::core::option::Option::Some(#rate);
        }
    });
    let ephemeral = payload.policy.ephemeral.is_some();
    let ephemeral = ephemeral.then(|| {
        quote!(
            const EPHEMERAL: bool = true;
        )
    });
    quote! {
        #[automatically_derived]
        impl ::ws_core::WsEvent for #ident {
            const NAME: &'static str = #event;
            const DOCS: &'static str = #docs;
            const DEPRECATED: bool = #deprecated;
            #when_slow
            #rate
            #ephemeral
            type Reply = #reply;
            type Error = #error;
        }
    }
}

/// The type as written, or what stands for its absence.
pub(super) fn type_or(written: Option<&Type>, absent: TokenStream) -> TokenStream {
    match written {
        Some(written) => quote_spanned!(written.span()=> #written),
        None => absent,
    }
}
