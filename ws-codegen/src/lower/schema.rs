//! One schema: a conjunction of what each of its keywords says.

use std::collections::HashSet;

use super::Lowering;
use super::keywords::{Keyword, Kind};
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{Intersection, Number, Object, Rest, Text, TextLimits, Type};

/// The most schemas that may have to fit all at once. serde's flattening makes a handful.
const MOST_PARTS: usize = 100;

impl<'a> Lowering<'a> {
    /// Understands a schema. Where it cannot, it reports why and returns some type, so that the search for problems goes
    /// on.
    ///
    /// The recursion is bounded by the depth of JSON that the parser accepts.
    pub(super) fn schema(&mut self, schema: &'a Json, at: &Location<'_>) -> Type {
        match schema {
            Json::Boolean(true) => Type::Json,
            Json::Boolean(false) => Type::Never,
            Json::Object(members) => self.keywords(members, at),
            other => {
                let problem = format!(
                    "a schema must be an object or a boolean, but is {}",
                    other.kind()
                );
                self.refuse(Problem::new(at, problem));
                Type::Never
            }
        }
    }

    fn keywords(&mut self, schema: &'a Members, at: &Location<'_>) -> Type {
        self.check_keywords(schema, at);
        if let (Some(not), None) = (schema.get("not"), super::limits::excepted(schema)) {
            if !not.is_anything() {
                let problem = "`not` has no counterpart in TypeScript unless it is `{}`";
                self.refuse(Problem::new(at.member("not"), problem));
            }
            return Type::Never;
        }
        let mut parts = Vec::new();
        parts.extend(self.own(schema, at));
        parts.extend(self.reference(schema, at));
        let all = self.list(schema, "allOf", at);
        if all.len() > MOST_PARTS {
            let problem = format!("`allOf` combines more than {MOST_PARTS} schemas");
            self.refuse(Problem::new(at.member("allOf"), problem));
            return Type::Never;
        }
        for (index, part) in all.iter().enumerate() {
            parts.push(self.schema(part, &at.member("allOf").item(index)));
        }
        parts.extend(self.union(schema, "anyOf", at));
        parts.extend(self.union(schema, "oneOf", at));
        let rest = self.unevaluated(schema, at);
        self.opened(combine(parts, rest), schema, at)
    }

    /// Adds strings that the contract does not know yet to an enum that may grow.
    fn opened(&mut self, shape: Type, schema: &Members, at: &Location<'_>) -> Type {
        match schema.get("x-ws-open") {
            None | Some(Json::Boolean(false)) => return shape,
            Some(Json::Boolean(true)) if super::union::is_open(&shape) => return shape,
            Some(Json::Boolean(true)) if super::union::is_enum(&shape) => {}
            Some(_) => {
                let problem =
                    "`x-ws-open` must be `true`, and must be used in a schema that lists strings";
                self.refuse(Problem::new(at.member("x-ws-open"), problem));
                return shape;
            }
        }
        let any = Type::Text(Text {
            format: None,
            limits: TextLimits::default(),
            codec: None,
        });
        super::union::either(vec![shape, any])
    }

    fn check_keywords(&mut self, schema: &Members, at: &Location<'_>) {
        for (name, _) in schema.iter() {
            match Keyword::from_name(name) {
                Keyword::Asserts | Keyword::Limits(_) | Keyword::Describes => {}
                Keyword::Refused(instead) => {
                    let problem = format!("`{name}` has no counterpart in TypeScript");
                    self.refuse(Problem::new(at.member(name), problem).help(instead));
                }
                Keyword::Unknown => {
                    let problem =
                        format!("the keyword `{name}` is unknown, so it cannot be obeyed");
                    let help =
                        "a keyword that only describes must begin with `x-`, but not with `x-ws-`";
                    self.refuse(Problem::new(at.member(name), problem).help(help));
                }
            }
        }
    }

    /// What the schema says by itself, apart from the other schemas that it refers to or combines.
    fn own(&mut self, schema: &'a Members, at: &Location<'_>) -> Option<Type> {
        let kinds = self.kinds(schema, at);
        self.check_codec(schema, kinds.as_deref(), at);
        if schema.get("const").is_some() || schema.get("enum").is_some() {
            return Some(self.literals(schema, kinds.as_deref(), at));
        }
        let Some(kinds) = kinds else {
            self.check_limits_have_type(schema, at);
            return None;
        };
        let mut types = Vec::with_capacity(kinds.len());
        for kind in kinds {
            types.push(self.kind(kind, schema, at));
        }
        Some(super::union::either(types))
    }

    fn kind(&mut self, kind: Kind, schema: &'a Members, at: &Location<'_>) -> Type {
        match kind {
            Kind::Null => Type::Null,
            Kind::Boolean => Type::Boolean,
            Kind::Integer => self.integer(schema, at),
            Kind::Number => Type::Number(Number {
                integer: false,
                format: None,
                limits: self.number_limits(schema, at),
            }),
            Kind::String => Type::Text(Text {
                format: schema
                    .get("format")
                    .and_then(Json::as_text)
                    .map(str::to_owned),
                limits: self.text_limits(schema, at),
                codec: self.codec(schema),
            }),
            Kind::Array => self.array(schema, at),
            Kind::Object => Type::Object(self.object(schema, at)),
        }
    }

    /// The types that `type` names.
    fn kinds(&mut self, schema: &Members, at: &Location<'_>) -> Option<Vec<Kind>> {
        let names = match schema.get("type")? {
            one @ Json::Text(_) => std::slice::from_ref(one),
            Json::Array(several) => several,
            other => std::slice::from_ref(other),
        };
        let mut kinds = Vec::with_capacity(names.len());
        for name in names {
            match name.as_text().and_then(Kind::from_name) {
                Some(kind) if !kinds.contains(&kind) => kinds.push(kind),
                Some(_) => {}
                None => {
                    let problem =
                        format!("`type` names {name}, which is not a type of JSON Schema");
                    self.refuse(Problem::new(at.member("type"), problem));
                }
            }
        }
        Some(kinds)
    }

    /// A limit without a type would let all values of other types pass, which nobody means.
    fn check_limits_have_type(&mut self, schema: &Members, at: &Location<'_>) {
        for (name, _) in schema.iter() {
            if matches!(Keyword::from_name(name), Keyword::Limits(_)) {
                let problem = format!("`{name}` is used in a schema without `type`");
                self.refuse(
                    Problem::new(at.member(name), problem).help(
                        "add `type`: without it, values of all other types would fit as well",
                    ),
                );
            }
        }
    }

    /// What members are that no part of the schema knows.
    fn unevaluated(&mut self, schema: &'a Members, at: &Location<'_>) -> Rest {
        match schema.get("unevaluatedProperties") {
            None => Rest::Ignored,
            Some(Json::Boolean(false)) => Rest::Closed,
            // `true` is said of a flattened map of any values: without one, nothing is.
            Some(values) => {
                let values = self.schema(values, &at.member("unevaluatedProperties"));
                Rest::Map(Box::new(values))
            }
        }
    }

    /// The schemas of a keyword that holds a list of them.
    pub(super) fn list(
        &mut self,
        schema: &'a Members,
        keyword: &str,
        at: &Location<'_>,
    ) -> &'a [Json] {
        match schema.get(keyword) {
            None => &[],
            Some(Json::Array(schemas)) if !schemas.is_empty() => schemas,
            Some(_) => {
                let problem = format!("`{keyword}` must be an array of at least one schema");
                self.refuse(Problem::new(at.member(keyword), problem));
                &[]
            }
        }
    }
}

/// The values that fit all of `parts`.
fn combine(parts: Vec<Type>, rest: Rest) -> Type {
    let mut combined: Vec<Type> = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Type::Json => {}
            Type::Never => return Type::Never,
            Type::Object(object) => match combined
                .iter_mut()
                .find_map(|other| joinable(other, &object))
            {
                Some(other) => other.properties.extend(object.properties),
                None => combined.push(Type::Object(object)),
            },
            part => combined.push(part),
        }
    }
    match combined.as_mut_slice() {
        [] => Type::Json,
        [Type::Object(object)] if object.rest == Rest::Ignored => {
            object.rest = rest;
            combined.remove(0)
        }
        [_] if rest == Rest::Ignored => combined.remove(0),
        _ => Type::Intersection(Intersection {
            parts: combined,
            rest,
        }),
    }
}

/// The object `other`, if the members of `object` can simply be added to it.
fn joinable<'t>(other: &'t mut Type, object: &Object) -> Option<&'t mut Object> {
    let Type::Object(other) = other else {
        return None;
    };
    let names: HashSet<&str> = names(other).collect();
    let shared = self::names(object).any(|name| names.contains(name));
    (other.is_plain() && object.is_plain() && !shared).then_some(other)
}

fn names(object: &Object) -> impl Iterator<Item = &str> {
    object
        .properties
        .iter()
        .map(|property| property.name.as_str())
}
