//! Alternatives: `anyOf`, `oneOf`, and lists of types or of constants.

use super::{Lowering, docs};
use crate::contract::{Json, Location, Members};
use crate::model::{Arm, Docs, Literal, TextLimits, Type, Union};

impl<'a> Lowering<'a> {
    /// The alternatives that `keyword`, which is `anyOf` or `oneOf`, lists.
    pub(super) fn union(
        &mut self,
        schema: &'a Members,
        keyword: &str,
        at: &Location<'_>,
    ) -> Option<Type> {
        let listed = self.list(schema, keyword, at);
        let at = at.member(keyword);
        let mut arms = Vec::with_capacity(listed.len());
        for (index, alternative) in listed.iter().enumerate() {
            let shape = self.schema(alternative, &at.item(index));
            if shape != Type::Never {
                arms.push(Arm {
                    docs: docs_of(alternative),
                    shape,
                });
            }
        }
        schema.get(keyword)?;
        Some(one_of(arms, keyword == "oneOf"))
    }
}

/// Documentation of an alternative. A default makes no sense there.
fn docs_of(alternative: &Json) -> Docs {
    let docs = alternative.as_object().map(docs::read).unwrap_or_default();
    Docs {
        default: None,
        ..docs
    }
}

/// The values of any of `types`, which are disjoint or need not be.
pub(super) fn either(types: Vec<Type>) -> Type {
    let arms = types
        .into_iter()
        .map(|shape| Arm {
            docs: Docs::default(),
            shape,
        })
        .collect();
    one_of(arms, false)
}

/// The values of `arms`: none if there are no arms, and those of the arm if there is one and nothing is said about it.
pub(super) fn one_of(mut arms: Vec<Arm>, exclusive: bool) -> Type {
    match arms.as_slice() {
        [] => Type::Never,
        [arm] if arm.docs.is_empty() => arms.remove(0).shape,
        _ => Type::Union(Union { arms, exclusive }),
    }
}

/// Whether the values of a type are some strings that it lists.
pub(super) fn is_enum(shape: &Type) -> bool {
    match shape {
        Type::Literal(Literal::Text(_)) => true,
        Type::Union(union) => union.arms.iter().all(|arm| is_enum(&arm.shape)),
        _ => false,
    }
}

/// Whether every string is a value of a type, beside those that it lists.
pub(super) fn is_open(shape: &Type) -> bool {
    let is_any =
        |shape: &Type| matches!(shape, Type::Text(text) if text.limits == TextLimits::default());
    match shape {
        Type::Union(union) => {
            let mut arms = union.arms.iter().map(|arm| &arm.shape);
            arms.clone().any(is_any) && arms.all(|arm| is_any(arm) || is_enum(arm))
        }
        _ => false,
    }
}
