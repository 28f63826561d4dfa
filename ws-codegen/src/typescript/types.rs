//! Types of the model as types of TypeScript.

use std::collections::HashSet;

use super::brands::{self, Scalar};
use super::expression::{Alternative, Comment, Element, Expression, Member, Role};
use super::names::Names;
use super::{jsdoc, quote};
use crate::model::{
    Array, Docs, Intersection, Literal, Model, Object, Property, Rest, Tuple, Type, TypeId, Union,
};

/// Patterns of the names of members that are integers: the keys of a map by number.
const INTEGER_KEYS: [&str; 2] = [r"^-?\d+$", r"^\d+$"];

/// The longest array of fixed length that is written out as a tuple.
const LONGEST_FIXED: u64 = 16;

/// The most words that such a tuple may have, those of nested ones counted.
const MOST_WORDS: u64 = 64;

/// Translates the types of one contract.
pub(super) struct Types<'m> {
    model: &'m Model,
    names: &'m Names,
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

    fn object(&self, object: &Object) -> Expression {
        if object.is_empty() {
            return self.nothing();
        }
        if let Some(keys) = self.keys(object) {
            let value = match &object.rest {
                Rest::Map(values) => self.expression(values),
                Rest::Ignored | Rest::Closed => Expression::word("never"),
            };
            return Expression::Object(vec![Member {
                comment: Comment::default(),
                name: keys,
                value,
            }]);
        }
        Expression::Object(self.members(object))
    }

    /// An object in which nothing means anything: what fits is `{}`.
    fn nothing(&self) -> Expression {
        if self.names.is_taken("Record") {
            Expression::Object(vec![Member {
                comment: Comment::default(),
                name: "[key: string]".to_owned(),
                value: Expression::word("never"),
            }])
        } else {
            Expression::word("Record<string, never>")
        }
    }

    /// What stands before the colon in a map whose members' names are restricted, and nothing else is in it.
    fn keys(&self, object: &Object) -> Option<String> {
        let names = object.names.as_deref()?;
        if !object.properties.is_empty() || !object.patterns.is_empty() {
            return None;
        }
        if let Type::Reference(id) = names {
            let target = self.model.definition(self.model.definition(*id).target);
            if self.names.brand_of(target) == Some(Scalar::Text) {
                return Some(format!("[key: {}]", self.names.of(*id)));
            }
        }
        let text = |shape: &Type| match shape {
            Type::Literal(key @ Literal::Text(_)) => Some(literal(key)),
            _ => None,
        };
        let listed: Option<Vec<_>> = match self.model.resolve(names) {
            Type::Union(union) => union.arms.iter().map(|arm| text(&arm.shape)).collect(),
            one => text(one).map(|key| vec![key]),
        };
        let keys = match names {
            Type::Reference(id) => listed.map(|_| self.names.of(*id).to_owned()),
            _ => listed.map(|keys| keys.join(" | ")),
        };
        keys.map(|keys| format!("[{} in {keys}]?", self.names.free("Key")))
    }

    /// The members of an object: its properties, and what its other members are.
    pub(super) fn members(&self, object: &Object) -> Vec<Member> {
        let properties = object.properties.iter().map(|it| self.property(it));
        properties.chain(self.index_signatures(object)).collect()
    }

    fn property(&self, property: &Property) -> Member {
        let optional = if property.required { "" } else { "?" };
        Member {
            comment: self.comment(&property.docs, &property.shape, !property.required),
            name: quote::key(&property.name) + optional,
            value: self.expression(&property.shape),
        }
    }

    /// Docs, and what the type cannot say about its values.
    pub(super) fn comment(&self, docs: &Docs, shape: &Type, optional: bool) -> Comment {
        let mut tags = match shape {
            Type::Array(array) if fixed_length(array).is_some() => Vec::new(),
            other => jsdoc::limit_tags(other),
        };
        let default = docs.default.as_ref().filter(|_| optional);
        tags.extend(default.map(|default| format!("@default {default}")));
        Comment {
            docs: docs.clone(),
            tags,
        }
    }

    fn index_signatures(&self, object: &Object) -> Vec<Member> {
        let signature = |key: &str, value| Member {
            comment: Comment::default(),
            name: format!("[key: {key}]"),
            value,
        };
        let by_number = |expression: &str| INTEGER_KEYS.contains(&expression);
        if !matches!(object.rest, Rest::Map(_)) {
            match object.patterns.as_slice() {
                [] => return Vec::new(),
                [pattern] if by_number(&pattern.expression) => {
                    return vec![signature("`${bigint}`", self.expression(&pattern.shape))];
                }
                _ => {}
            }
        }
        // TypeScript has one signature for all names, which all members have to fit.
        let rest = match &object.rest {
            Rest::Map(rest) => Some(&**rest),
            Rest::Ignored | Rest::Closed => None,
        };
        let patterns = object.patterns.iter().map(|pattern| &pattern.shape);
        let properties = object.properties.iter().map(|property| &property.shape);
        let shapes = rest.into_iter().chain(patterns).chain(properties);
        let absent = object.properties.iter().any(|property| !property.required);
        let values = shapes
            .map(|shape| self.expression(shape))
            .chain(absent.then(|| Expression::word("undefined")))
            .map(Alternative::from);
        vec![signature("string", self.simplify(values.collect()))]
    }

    fn union(&self, union: &Union) -> Expression {
        let alternatives = union.arms.iter().map(|arm| Alternative {
            comment: Comment::from(&arm.docs),
            value: self.expression(&arm.shape),
        });
        self.simplify(alternatives.collect())
    }

    /// A union without unions in it, and without words that repeat another or are part of one.
    fn simplify(&self, alternatives: Vec<Alternative>) -> Expression {
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

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => quote::string(text),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(value) => value.to_string(),
    }
}

/// The length of an array that is written out as a tuple, such as `[f32; 3]`.
fn fixed_length(array: &Array) -> Option<u64> {
    let length = array.limits.min_items?;
    let fixed = array.limits.max_items == Some(length) && length <= LONGEST_FIXED;
    (fixed && length.saturating_mul(words(&array.item)) <= MOST_WORDS).then_some(length)
}

/// How many words a type is, roughly, with arrays of fixed length written out.
fn words(shape: &Type) -> u64 {
    let sum =
        |shapes: &mut dyn Iterator<Item = &Type>| shapes.map(words).fold(1, u64::saturating_add);
    match shape {
        Type::Array(array) if array.limits.min_items == array.limits.max_items => {
            let length = array.limits.min_items.unwrap_or(1);
            length.saturating_mul(words(&array.item))
        }
        Type::Array(array) => words(&array.item),
        Type::Tuple(tuple) => sum(&mut tuple.items.iter().chain(tuple.rest.as_deref())),
        Type::Object(object) => {
            let patterns = object.patterns.iter().map(|pattern| &pattern.shape);
            let rest = match &object.rest {
                Rest::Map(values) => Some(&**values),
                Rest::Ignored | Rest::Closed => None,
            };
            let properties = object.properties.iter().map(|property| &property.shape);
            sum(&mut properties
                .chain(patterns)
                .chain(rest)
                .chain(object.names.as_deref()))
        }
        Type::Union(union) => sum(&mut union.arms.iter().map(|arm| &arm.shape)),
        Type::Intersection(all) => sum(&mut all.parts.iter()),
        _ => 1,
    }
}
