//! Types of the model as types of TypeScript.

use std::collections::HashSet;

use super::brands;
use super::expression::{Alternative, Comment, Element, Expression, Role};
use super::fixed::fixed_length;
use super::names::Names;
use super::quote;
use crate::model::{
    Array, Codec, Intersection, Literal, Model, Rest, Text, Tuple, Type, TypeId, Union,
};

/// Translates the types of one contract.
pub(super) struct Types<'m> {
    pub(super) model: &'m Model,
    pub(super) names: &'m Names,
}

impl<'m> Types<'m> {
    pub(super) fn new(model: &'m Model, names: &'m Names) -> Self {
        Types { model, names }
    }

    pub(super) fn expression(&self, shape: &Type) -> Expression {
        match shape {
            Type::Json => Expression::word(self.names.json.as_deref().unwrap_or("unknown")),
            Type::Never => Expression::word("never"),
            Type::Null => Expression::word("null"),
            Type::Boolean => Expression::word("boolean"),
            Type::Number(_) => Expression::word("number"),
            Type::Text(Text {
                codec: Some(codec), ..
            }) if self.names.codecs => self.coded(codec),
            Type::Text(_) => match &self.names.uuid {
                Some(uuid) if brands::is_uuid(shape) => Expression::word(uuid),
                _ => Expression::word("string"),
            },
            Type::Literal(literal) => Expression::word(self::literal(literal)),
            Type::Array(array) => self.array(array),
            Type::Tuple(tuple) => self.tuple(tuple),
            Type::Object(object) => self.object(object),
            Type::Union(union) => self.union(union),
            Type::Intersection(all) => self.intersection(all),
            Type::Reference(id) => self.reference(*id),
        }
    }

    /// What a converted string is in a program. A type of the contract may have the name of the language's.
    fn coded(&self, codec: &Codec) -> Expression {
        let name = match codec {
            Codec::BigInt(_) => "bigint",
            Codec::Date => "Date",
            Codec::Bytes => "Uint8Array",
        };
        if self.names.is_taken(name) {
            return Expression::word(format!("globalThis.{name}"));
        }
        Expression::word(name)
    }

    fn reference(&self, id: TypeId) -> Expression {
        Expression::word(self.names.of(id))
    }

    fn array(&self, array: &Array) -> Expression {
        let item = self.expression(&array.item);
        match fixed_length(array) {
            Some(length) => {
                let element = Element {
                    role: Role::Required,
                    value: item,
                };
                Expression::Tuple((0..length).map(|_| element.clone()).collect())
            }
            None => Expression::Array(Box::new(item)),
        }
    }

    fn tuple(&self, tuple: &Tuple) -> Expression {
        let items = tuple.items.iter().enumerate().map(|(index, item)| Element {
            role: if index < tuple.required {
                Role::Required
            } else {
                Role::Optional
            },
            value: self.expression(item),
        });
        let rest = tuple.rest.as_ref().map(|rest| Element {
            role: Role::Rest,
            value: self.expression(rest),
        });
        Expression::Tuple(items.chain(rest).collect())
    }

    fn union(&self, union: &Union) -> Expression {
        let alternatives = union.arms.iter().map(|arm| Alternative {
            comment: Comment::from(&arm.docs),
            value: self.expression(&arm.shape),
        });
        self.simplify(alternatives.collect())
    }

    /// A union without unions in it, and without words that repeat another or are part of one.
    pub(super) fn simplify(&self, alternatives: Vec<Alternative>) -> Expression {
        let mut flat = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            match alternative.value {
                Expression::Union(inner) if alternative.comment.is_empty() => flat.extend(inner),
                value => flat.push(Alternative {
                    comment: alternative.comment,
                    value,
                }),
            }
        }
        let has = |word: &str| flat.iter().any(|it| it.value == Expression::word(word));
        let any = self.names.json.as_deref().is_some_and(has);
        let open = flat.iter().any(|it| is_text_literal(&it.value)) && has("string");
        let mut seen = HashSet::new();
        flat.retain(|alternative| match &alternative.value {
            Expression::Word(word) => {
                let part_of_json =
                    matches!(word.as_str(), "null" | "boolean" | "number" | "string");
                !(any && part_of_json) && seen.insert(word.clone())
            }
            _ => true,
        });
        if open {
            // Plainly `string`, it would swallow the literals, and an editor would not offer them any more.
            for alternative in &mut flat {
                if alternative.value == Expression::word("string") {
                    alternative.value = Expression::word("(string & {})");
                }
            }
        }
        match flat.as_slice() {
            [alternative] if alternative.comment.is_empty() => flat.remove(0).value,
            _ => Expression::Union(flat),
        }
    }

    fn intersection(&self, all: &Intersection) -> Expression {
        let parts: Vec<_> = all
            .parts
            .iter()
            .filter_map(|part| self.part(part))
            .collect();
        let parts = match &all.rest {
            Rest::Map(values) => {
                let others = self.beside(values, &all.parts);
                parts.into_iter().chain([others]).collect()
            }
            Rest::Ignored | Rest::Closed => parts,
        };
        match parts.as_slice() {
            [] => self.nothing(),
            [part] => part.clone(),
            _ => Expression::Intersection(parts),
        }
    }

    /// A part of an intersection. [`Self::nothing`] cannot be one: it refuses the members of all other parts.
    fn part(&self, part: &Type) -> Option<Expression> {
        match self.model.resolve(part) {
            Type::Object(object) if object.is_empty() => return None,
            _ => {}
        }
        match part {
            Type::Union(union) => {
                let arms = union.arms.iter().map(|arm| Alternative {
                    comment: Comment::from(&arm.docs),
                    value: self
                        .part(&arm.shape)
                        .unwrap_or_else(|| Expression::word("{}")),
                });
                Some(self.simplify(arms.collect()))
            }
            Type::Reference(id) if self.model.definition(*id).holds_empty => {
                let values = [self.reference(*id), Expression::word("{}")];
                Some(Expression::Union(values.map(Alternative::from).into()))
            }
            other => Some(self.expression(other)),
        }
    }
}

fn is_text_literal(expression: &Expression) -> bool {
    matches!(expression, Expression::Word(word) if word.starts_with('"'))
}

pub(super) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => quote::string(text),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(value) => value.to_string(),
    }
}
