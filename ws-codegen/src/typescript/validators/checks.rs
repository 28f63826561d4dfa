//! Types of the model as checks.

use std::cell::RefCell;
use std::collections::HashMap;

use super::scalars::{bounds, ranged};
use crate::model::{
    Arm, Array, Intersection, Literal, Model, Object, Rest, Tuple, Type, TypeId, Union,
};
use crate::typescript::code::Code;
use crate::typescript::names::Names;
use crate::typescript::{quote, tags};

/// Translates the types of one contract into checks.
pub(super) struct Checks<'m> {
    model: &'m Model,
    names: &'m Names,
    /// Regular expressions, numbered in the order in which they were first used.
    patterns: RefCell<HashMap<String, usize>>,
}

impl<'m> Checks<'m> {
    pub(super) fn new(model: &'m Model, names: &'m Names) -> Self {
        Checks {
            model,
            names,
            patterns: RefCell::default(),
        }
    }

    /// The function that checks a definition.
    pub(super) fn name_of(&self, id: TypeId) -> String {
        format!("check{}", self.names.of(id))
    }

    /// The regular expressions that the translated checks use, each with the name of its constant.
    pub(super) fn patterns(&self) -> Vec<(String, String)> {
        let patterns = self.patterns.borrow();
        let mut sorted: Vec<_> = patterns.iter().collect();
        sorted.sort_by_key(|(_, index)| **index);
        let named = |(pattern, index): (&String, &usize)| (pattern_name(*index), pattern.clone());
        sorted.into_iter().map(named).collect()
    }

    /// A function that checks its argument.
    pub(super) fn function(&self, shape: &Type) -> Code {
        Code::function("it", self.check(shape, "it"))
    }

    /// A check of what the variable `value` holds.
    pub(super) fn check(&self, shape: &Type, value: &'static str) -> Code {
        let it = || Code::word(value);
        match shape {
            Type::Json => Code::kit("anything", [it()]),
            Type::Never => Code::kit("never", [it()]),
            Type::Null => Code::kit("nothing", [it()]),
            Type::Boolean => Code::kit("boolean", [it()]),
            Type::Number(number) => self.number(number, value),
            Type::Text(text) => self.text(text, value),
            Type::Literal(_) => Code::kit("literal", [it()].into_iter().chain(constant(shape))),
            Type::Array(array) => self.array(array, value),
            Type::Tuple(tuple) => self.tuple(tuple, value),
            Type::Object(object) => self.object(object, None, value),
            Type::Union(union) => self.union(union, value),
            Type::Intersection(all) => self.intersection(all, value),
            Type::Reference(id) => Code::Call(Box::new(Code::word(self.name_of(*id))), vec![it()]),
        }
    }

    /// The constant that holds a regular expression.
    pub(super) fn pattern(&self, pattern: &str) -> Code {
        let mut patterns = self.patterns.borrow_mut();
        let next = patterns.len();
        let index = *patterns.entry(pattern.to_owned()).or_insert(next);
        Code::word(pattern_name(index))
    }

    fn array(&self, array: &Array, value: &'static str) -> Code {
        let limits = &array.limits;
        let (least, most) = bounds(limits.min_items, limits.max_items);
        let start = vec![Code::word(value), self.function(&array.item)];
        let mut checks = vec![ranged("array", start, 0.0, least, most)];
        if limits.unique {
            checks.push(Code::kit("unique", [Code::word(value)]));
        }
        Code::first(checks)
    }

    fn tuple(&self, tuple: &Tuple, value: &'static str) -> Code {
        let items = tuple.items.iter().map(|item| self.function(item));
        let mut arguments = vec![
            Code::word(value),
            Code::List(items.collect()),
            Code::word(tuple.required.to_string()),
        ];
        arguments.extend(tuple.rest.as_ref().map(|rest| self.function(rest)));
        Code::kit("tuple", arguments)
    }

    /// A check of an object, but not of the member `checked`.
    fn object(&self, object: &Object, checked: Option<&str>, value: &'static str) -> Code {
        const MEMBERS: &str = "members";
        let members = || Code::word(MEMBERS);
        let mut checks: Vec<Code> = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            if checked == Some(property.name.as_str()) {
                continue;
            }
            let kit = if property.required {
                "required"
            } else {
                "optional"
            };
            let name = Code::word(quote::string(&property.name));
            checks.push(Code::kit(
                kit,
                [members(), name, self.function(&property.shape)],
            ));
        }
        checks.extend(self.entries(object, members()));
        checks.extend(
            object
                .names
                .as_ref()
                .map(|names| Code::kit("names", [members(), self.function(names)])),
        );
        let limits = &object.limits;
        if limits.min_properties.is_some() || limits.max_properties.is_some() {
            let (least, most) = bounds(limits.min_properties, limits.max_properties);
            checks.push(ranged(
                "size",
                vec![members()],
                f64::NEG_INFINITY,
                least,
                most,
            ));
        }
        let mut arguments = vec![Code::word(value)];
        if !checks.is_empty() {
            arguments.push(Code::Function(MEMBERS, Box::new(Code::first(checks))));
        }
        Code::kit("object", arguments)
    }

    /// The check of the members that have no type of their own.
    fn entries(&self, object: &Object, members: Code) -> Option<Code> {
        let rest = match &object.rest {
            Rest::Ignored => Code::Kit("anything"),
            Rest::Closed => Code::Kit("surplus"),
            Rest::Map(values) => self.function(values),
        };
        if rest == Code::Kit("anything") && object.patterns.is_empty() {
            return None;
        }
        let known = object
            .properties
            .iter()
            .map(|property| Code::word(quote::string(&property.name)));
        let known: Vec<_> = known.collect();
        let patterns = object.patterns.iter().map(|pattern| {
            Code::List(vec![
                self.pattern(&pattern.expression),
                self.function(&pattern.shape),
            ])
        });
        let patterns: Vec<_> = patterns.collect();
        let mut arguments = vec![members, rest];
        if !known.is_empty() || !patterns.is_empty() {
            arguments.push(Code::List(known));
        }
        if !patterns.is_empty() {
            arguments.push(Code::List(patterns));
        }
        Some(Code::kit("entries", arguments))
    }

    fn union(&self, union: &Union, value: &'static str) -> Code {
        let it = || Code::word(value);
        if let Some(tag) = tags::tag(self.model, union) {
            let arms = tag.values.iter().zip(&union.arms).map(|(constant, arm)| {
                let check = self.tagged(&arm.shape, tag.name);
                (quote::value_key(constant), Code::function("it", check))
            });
            let name = Code::word(quote::string(tag.name));
            return Code::kit("tagged", [it(), name, Code::Record(arms.collect())]);
        }
        let has_null = union.arms.iter().any(|arm| arm.shape == Type::Null);
        if has_null && !union.exclusive {
            let others = union.arms.iter().filter(|arm| arm.shape != Type::Null);
            let others = self.alternatives(others, union.exclusive, "it");
            return Code::kit("nullable", [it(), Code::function("it", others)]);
        }
        self.alternatives(union.arms.iter(), union.exclusive, value)
    }

    /// A check of an alternative that is known to be an object, and to be this one by its member `tag`.
    fn tagged(&self, shape: &Type, tag: &str) -> Code {
        let part = |part: &Type| match part {
            Type::Object(object) => self.object(object, Some(tag), "it"),
            other => self.check(other, "it"),
        };
        let is_more = |check: &Code| *check != Code::kit("object", [Code::word("it")]);
        let mut checks: Vec<Code> = match shape {
            Type::Intersection(all) if all.rest == Rest::Ignored => {
                all.parts.iter().map(part).collect()
            }
            one => vec![part(one)],
        };
        checks.retain(is_more);
        if checks.is_empty() {
            return Code::kit("anything", [Code::word("it")]);
        }
        Code::first(checks)
    }

    /// A check for one of some alternatives; all constants among them are one.
    fn alternatives<'a>(
        &self,
        arms: impl Iterator<Item = &'a Arm>,
        exclusive: bool,
        value: &'static str,
    ) -> Code {
        let mut constants = Vec::new();
        let mut others = Vec::new();
        for arm in arms {
            match listed(&arm.shape) {
                Some(values) => constants.extend(values),
                None => others.push(&arm.shape),
            }
        }
        let literal = |value, constants: Vec<Code>| {
            Code::kit("literal", [Code::word(value)].into_iter().chain(constants))
        };
        match (constants.is_empty(), others.as_slice()) {
            (true, [other]) => self.check(other, value),
            (_, []) => literal(value, constants),
            (no_constants, _) => {
                let constants = Code::function("it", literal("it", constants));
                let others = others.iter().map(|shape| self.function(shape));
                let checks = (!no_constants)
                    .then_some(constants)
                    .into_iter()
                    .chain(others);
                let kit = if exclusive { "oneOf" } else { "anyOf" };
                Code::kit(kit, [Code::word(value), Code::List(checks.collect())])
            }
        }
    }

    fn intersection(&self, all: &Intersection, value: &'static str) -> Code {
        let mut checks: Vec<_> = all
            .parts
            .iter()
            .map(|part| self.check(part, value))
            .collect();
        let rest = match &all.rest {
            Rest::Ignored => None,
            Rest::Closed => Some(Code::Kit("surplus")),
            Rest::Map(values) => {
                Some(self.function(values)).filter(|check| *check != Code::Kit("anything"))
            }
        };
        if let Some(rest) = rest {
            let mut known = Vec::new();
            if self.known(&all.parts, &mut known) {
                let known = known.iter().map(|name| Code::word(quote::string(name)));
                let known = Code::List(known.collect());
                let members = Code::word("members");
                let entries = Code::kit("entries", [members, rest, known]);
                let check = Code::Function("members", Box::new(entries));
                checks.push(Code::kit("object", [Code::word(value), check]));
            }
        }
        Code::first(checks)
    }

    /// Collects the names of the members that some of `parts` know. `false` if that cannot be told.
    fn known<'a>(&'a self, parts: &'a [Type], names: &mut Vec<&'a str>) -> bool {
        parts.iter().all(|part| match part {
            Type::Union(union) => {
                let mut arms = union
                    .arms
                    .iter()
                    .map(|arm| std::slice::from_ref(&arm.shape));
                arms.all(|arm| self.known(arm, names))
            }
            Type::Intersection(all) => self.known(&all.parts, names),
            // References are followed to objects only, so that the search ends soon.
            other => match self.model.resolve(other) {
                Type::Object(object) => {
                    let properties = object.properties.iter();
                    names.extend(properties.map(|property| property.name.as_str()));
                    object.patterns.is_empty() && !matches!(object.rest, Rest::Map(_))
                }
                _ => false,
            },
        })
    }
}

fn pattern_name(index: usize) -> String {
    format!("pattern{}", index + 1)
}

/// The constants that a type lists, if it is nothing else.
fn listed(shape: &Type) -> Option<Vec<Code>> {
    match shape {
        Type::Union(union) => {
            let arms: Option<Vec<_>> = union.arms.iter().map(|arm| listed(&arm.shape)).collect();
            Some(arms?.into_iter().flatten().collect())
        }
        one => constant(one).map(|constant| vec![constant]),
    }
}

fn constant(shape: &Type) -> Option<Code> {
    Some(Code::word(match shape {
        Type::Null => "null".to_owned(),
        Type::Literal(Literal::Text(text)) => quote::string(text),
        Type::Literal(Literal::Number(number)) => number.to_string(),
        Type::Literal(Literal::Boolean(value)) => value.to_string(),
        _ => return None,
    }))
}
