//! Reads `#[ws(…)]` and what else an item says of itself: its docs, its deprecation.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Type};

use crate::errors::Errors;

/// Where an attribute stands, which decides what it may say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the struct or enum that is derived.
    Item,
    /// On a variant of an enum of events.
    Variant,
}

/// What `#[ws(…)]` says, as written.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) event: Option<LitStr>,
    pub(crate) reply: Option<Type>,
    pub(crate) error: Option<Type>,
    pub(crate) from: Option<LitStr>,
    pub(crate) namespace: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) when_slow: Option<LitStr>,
    pub(crate) rate: Option<LitStr>,
    /// Where it is said.
    pub(crate) ephemeral: Option<syn::Path>,
    /// The first `#[ws(…)]`, for mistakes that concern all of it.
    pub(crate) span: Option<Span>,
}

impl Attributes {
    /// Reads every `#[ws(…)]` of an item or a variant.
    pub(crate) fn read(attributes: &[Attribute], place: Place, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("ws"))
        {
            read.span.get_or_insert(attribute.span());
            let parsed = attribute.parse_nested_meta(|meta| read.key(&meta, place, errors));
            if let Err(error) = parsed {
                errors.push(error);
            }
        }
        read
    }

    fn key(
        &mut self,
        meta: &ParseNestedMeta<'_>,
        place: Place,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let key = meta
            .path
            .get_ident()
            .map(ToString::to_string)
            .unwrap_or_default();
        match (key.as_str(), place) {
            ("event", Place::Item) => set(&mut self.event, meta, text, errors),
            ("from", Place::Item) => set(&mut self.from, meta, text, errors),
            ("namespace", Place::Item) => set(&mut self.namespace, meta, text, errors),
            ("name", Place::Variant) => set(&mut self.name, meta, text, errors),
            ("when_slow", _) => set(&mut self.when_slow, meta, text, errors),
            ("rate", _) => set(&mut self.rate, meta, text, errors),
            ("ephemeral", _) => {
                if self.ephemeral.replace(meta.path.clone()).is_some() {
                    errors.on(&meta.path, "this key appears twice; remove one of them");
                }
                Ok(())
            }
            ("reply", _) => set(&mut self.reply, meta, syn::parse::Parse::parse, errors),
            ("error", _) => set(&mut self.error, meta, syn::parse::Parse::parse, errors),
            _ => {
                errors.on(&meta.path, unknown(&key, place));
                skip_value(meta)
            }
        }
    }
}

fn unknown(key: &str, place: Place) -> String {
    match (key, place) {
        ("name", Place::Item) => {
            "`name` belongs on a variant; a payload names its event with `event = \"namespace.name\"`"
                .into()
        }
        ("event", Place::Variant) => {
            "a variant names its event with `name = \"namespace.name\"`".into()
        }
        ("from" | "namespace", Place::Variant) => {
            format!("`{key}` belongs on the enum, not on a variant")
        }
        (_, Place::Item) => {
            "unknown key; expected one of: event, reply, error, rate, when_slow, ephemeral, from, namespace"
                .into()
        }
        (_, Place::Variant) => {
            "unknown key; expected one of: name, reply, error, rate, when_slow, ephemeral".into()
        }
    }
}

fn set<T>(
    field: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    parse: impl FnOnce(syn::parse::ParseStream<'_>) -> syn::Result<T>,
    errors: &mut Errors,
) -> syn::Result<()> {
    let value = parse(meta.value()?)?;
    if field.is_some() {
        errors.on(&meta.path, "this key appears twice; remove one of them");
        return Ok(());
    }
    *field = Some(value);
    Ok(())
}

fn text(input: syn::parse::ParseStream<'_>) -> syn::Result<LitStr> {
    input.parse().map_err(|error| {
        syn::Error::new(
            error.span(),
            "expected a string literal, such as `\"chats.msg\"`",
        )
    })
}

/// Reads over the value of an unknown key, so that the keys after it are read too.
fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<proc_macro2::TokenStream>()?;
    }
    Ok(())
}

/// The doc comment, its common indentation removed.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes.iter().filter_map(doc_line).collect();
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len());
    let indent = indent.min().unwrap_or(0);
    let lines = lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or("").trim_end());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(line),
                ..
            }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the item says `#[deprecated]`.
pub(crate) fn is_deprecated(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("deprecated"))
}
