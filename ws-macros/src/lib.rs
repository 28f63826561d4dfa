//! The derive macro of `ws-core`: from Rust types to events.
//!
//! Its stages, each a file: `attr` reads `#[ws(…)]`, `model` is what was understood, `check` finds what is wrong
//! with it, `expand` writes the implementations. `errors` collects every mistake of one input, and `fallback`
//! keeps a mistake from causing others. The user's documentation is at the re-export in `ws-core`.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod attr;
mod case;
mod check;
mod errors;
mod expand;
mod fallback;
mod model;
mod policy;

/// See `ws_core::WsEvent`, where the documentation of this macro is.
#[proc_macro_derive(WsEvent, attributes(ws))]
pub fn derive_ws_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let item = model::Item::read(&input, &mut errors);
    if let Some(item) = &item {
        check::item(item, &mut errors);
    }
    match (item, errors.finish()) {
        (Some(item), None) => expand::item(&item),
        (_, errors) => {
            let errors = errors.map(|error| error.to_compile_error());
            let fallback = fallback::item(&input);
            quote::quote! { #errors #fallback }
        }
    }
    .into()
}
