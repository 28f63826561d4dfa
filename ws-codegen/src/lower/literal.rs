//! `const` and `enum`: values that stand for themselves.

use std::collections::HashSet;

use super::Lowering;
use super::keywords::{Keyword, Kind};
use super::number::MAX_SAFE_INTEGER;
use super::union;
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{Literal, Type};

impl Lowering<'_> {
    /// The values that `const` and `enum` list, as far as they are of one of the types in `kinds`.
    pub(super) fn literals(
        &mut self,
        schema: &Members,
        kinds: Option<&[Kind]>,
        at: &Location<'_>,
    ) -> Type {
        for (name, _) in schema.iter() {
            if matches!(Keyword::from_name(name), Keyword::Limits(_)) {
                let problem = format!(
                    "`{name}` is used next to `const` or `enum`, which already lists all values"
                );
                self.refuse(Problem::new(at.member(name), problem).help("remove one of them"));
            }
        }
        let listed = match (schema.get("const"), schema.get("enum")) {
            (Some(_), Some(_)) => {
                let problem = "`const` and `enum` are used in the same schema";
                self.refuse(Problem::new(at, problem).help("remove one of them"));
                return Type::Never;
            }
            (Some(constant), None) => self
                .literal(constant, &at.member("const"))
                .into_iter()
                .collect(),
            (None, Some(Json::Array(values))) => self.listed(values, at),
            (None, other) => {
                let found = other.map_or("missing", Json::kind);
                let problem = format!("`enum` must be an array, but is {found}");
                self.refuse(Problem::new(at.member("enum"), problem));
                return Type::Never;
            }
        };
        let fits =
            |shape: &Type| kinds.is_none_or(|kinds| kinds.iter().any(|kind| is_of(shape, *kind)));
        union::either(listed.into_iter().filter(fits).collect())
    }

    fn listed(&mut self, values: &[Json], at: &Location<'_>) -> Vec<Type> {
        let at = at.member("enum");
        let mut seen = HashSet::new();
        let mut types = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            if seen.insert(value.to_string()) {
                types.extend(self.literal(value, &at.item(index)));
            }
        }
        types
    }

    fn literal(&mut self, value: &Json, at: &Location<'_>) -> Option<Type> {
        let literal = match value {
            Json::Null => return Some(Type::Null),
            Json::Boolean(value) => Literal::Boolean(*value),
            Json::Text(text) => Literal::Text(text.clone()),
            Json::Number(number) if number.abs() <= MAX_SAFE_INTEGER => Literal::Number(*number),
            Json::Number(_) => {
                let problem = "a number beyond 2^53 - 1 is not exact in JavaScript";
                self.refuse(Problem::new(at, problem).help("use a string"));
                return None;
            }
            Json::Array(_) | Json::Object(_) => {
                let problem = format!("{} cannot be a constant", value.kind());
                self.refuse(
                    Problem::new(at, problem).help("give its items or members separate constants"),
                );
                return None;
            }
        };
        Some(Type::Literal(literal))
    }
}

fn is_of(shape: &Type, kind: Kind) -> bool {
    match shape {
        Type::Null => kind == Kind::Null,
        Type::Literal(Literal::Boolean(_)) => kind == Kind::Boolean,
        Type::Literal(Literal::Text(_)) => kind == Kind::String,
        Type::Literal(Literal::Number(number)) => {
            kind == Kind::Number || (kind == Kind::Integer && number.fract() == 0.0)
        }
        _ => false,
    }
}
