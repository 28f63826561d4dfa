//! Objects and maps of the model as types of TypeScript.

use super::brands::Scalar;
use super::expression::{Alternative, Comment, Expression, Member};
use super::fixed::fixed_length;
use super::types::{Types, literal};
use super::{jsdoc, quote};
use crate::model::{Docs, Literal, Object, Property, Rest, Type};

/// Patterns of the names of members that are integers: the keys of a map by number.
const INTEGER_KEYS: [&str; 4] = [
    r"^-?\d+$",
    r"^\d+$",
    "^(0|-?[1-9][0-9]*)$",
    "^(0|[1-9][0-9]*)$",
];

impl Types<'_> {
    pub(super) fn object(&self, object: &Object) -> Expression {
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
    pub(super) fn nothing(&self) -> Expression {
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

    /// The other members of an object whose known members are those of `parts`. TypeScript has one signature for all names,
    /// which all members have to fit: where not all of them can be told, it says nothing.
    pub(super) fn beside(&self, values: &Type, parts: &[Type]) -> Expression {
        let mut alternatives = vec![Alternative::from(self.expression(values))];
        let value = if self.collect(parts, &mut alternatives) {
            self.simplify(alternatives)
        } else {
            Expression::word("unknown")
        };
        Expression::Object(vec![Member {
            comment: Comment::default(),
            name: "[key: string]".to_owned(),
            value,
        }])
    }

    /// Collects what the members of `parts` are. `false` if that cannot be told.
    fn collect(&self, parts: &[Type], found: &mut Vec<Alternative>) -> bool {
        /// How many types are listed.
        const MOST: usize = 20;
        parts.iter().all(|part| match self.model.resolve(part) {
            _ if found.len() > MOST => false,
            Type::Union(union) => {
                let mut arms = union.arms.iter();
                arms.all(|arm| self.collect(std::slice::from_ref(&arm.shape), found))
            }
            Type::Intersection(all) if all.rest == Rest::Ignored => self.collect(&all.parts, found),
            Type::Object(object)
                if object.patterns.is_empty() && !matches!(object.rest, Rest::Map(_)) =>
            {
                for property in &object.properties {
                    found.push(match &property.shape {
                        Type::Literal(Literal::Text(_)) => Expression::word("string").into(),
                        shape => self.expression(shape).into(),
                    });
                    if !property.required {
                        found.push(Expression::word("undefined").into());
                    }
                }
                true
            }
            _ => false,
        })
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
}
