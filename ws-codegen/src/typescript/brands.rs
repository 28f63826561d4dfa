//! Types that are the same at run time and must not be mixed up: `RoomId` and `UserId`, both strings.

use super::form::Form;
use crate::model::{Codec, Definition, Model, Type};

/// The scalar under a branded type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    Number,
    BigInt,
}

impl Scalar {
    /// The scalar that a definition is, if it is nothing else: a newtype of a string or of a number.
    pub(super) fn of(definition: &Definition, codecs: bool) -> Option<Self> {
        match &definition.shape {
            Type::Text(text) => match text.codec.as_ref().filter(|_| codecs) {
                None => Some(Scalar::Text),
                Some(Codec::BigInt(_)) => Some(Scalar::BigInt),
                Some(Codec::Date | Codec::Bytes) => None,
            },
            Type::Number(_) => Some(Scalar::Number),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Scalar::Text => "string",
            Scalar::Number => "number",
            Scalar::BigInt => "bigint",
        }
    }
}

/// Whether some type of the model is a UUID without a name of its own.
pub(super) fn has_uuid(model: &Model) -> bool {
    let definitions = model
        .definitions
        .iter()
        .filter(|it| Scalar::of(it, true).is_none());
    let types = definitions.map(|definition| &definition.shape);
    let mut found = false;
    types.chain(model.carried()).for_each(|shape| {
        shape.visit(&mut |part| found |= is_uuid(part));
    });
    found
}

/// Whether the type is a UUID.
pub(super) fn is_uuid(shape: &Type) -> bool {
    matches!(shape, Type::Text(text) if text.format.as_deref() == Some("uuid"))
}

/// The branded type, and the function that takes a scalar for it.
pub(super) fn print(name: &str, scalar: Scalar, comment: &str, form: Form) -> String {
    let scalar = scalar.name();
    let docs = format!("/** Brands a {scalar} as `{name}`, without a check. */\n");
    let brand =
        format!("{comment}export type {name} = {scalar} & {{ readonly __brand: \"{name}\" }};\n");
    match form {
        Form::Source => format!(
            "{brand}{docs}export function {name}(value: {scalar}): {name} {{\n  return value as {name};\n}}\n"
        ),
        Form::Script => format!("{docs}export function {name}(value) {{\n  return value;\n}}\n"),
        Form::Declarations => {
            format!("{brand}{docs}export declare function {name}(value: {scalar}): {name};\n")
        }
    }
}
