//! Which places of a contract's types are something else on the wire, as expressions of codecs.

use std::collections::BTreeMap;

use crate::contract::Location;
use crate::error::{Problem, Report};
use crate::model::{Codec, Model, Object, Rest, Tuple, Type, TypeId, Union};
use crate::typescript::code::Code;
use crate::typescript::names::Names;
use crate::typescript::quote;
use crate::typescript::tags;

/// How deeply alternatives of alternatives are looked into.
const DEEPEST_UNION: usize = 16;

/// How many alternatives of one kind are told apart.
const MOST_ALTERNATIVES: usize = 1_000;

/// Translates the types of one contract into codecs.
pub(super) struct Planning<'m> {
    model: &'m Model,
    names: &'m Names,
    /// Which definitions lead to a converted place.
    coded: Vec<bool>,
    report: Report,
    /// The definitions whose members are being told apart from those of others.
    expanding: Vec<TypeId>,
    /// Where problems are reported.
    place: (String, String),
}

impl<'m> Planning<'m> {
    pub(super) fn new(model: &'m Model, names: &'m Names) -> Self {
        let mut planning = Planning {
            model,
            names,
            coded: vec![false; model.definitions.len()],
            report: Report::default(),
            expanding: Vec::new(),
            place: Default::default(),
        };
        if names.codecs {
            planning.spread();
        }
        planning
    }

    /// Finds the definitions that lead to a converted place: from those that hold one to all that refer to them.
    fn spread(&mut self) {
        let mut users = vec![Vec::new(); self.coded.len()];
        let mut found = Vec::new();
        for (id, definition) in self.model.definitions() {
            definition.shape.visit(&mut |part| match part {
                Type::Reference(target) => users[target.0].push(id),
                Type::Text(text) if text.codec.is_some() => found.push(id),
                _ => {}
            });
        }
        while let Some(id) = found.pop() {
            if !std::mem::replace(&mut self.coded[id.0], true) {
                found.extend(&users[id.0]);
            }
        }
    }

    fn leads_to_codec(&self, shape: &Type) -> bool {
        let mut found = false;
        shape.visit(&mut |part| {
            found |= match part {
                Type::Text(text) => text.codec.is_some() && self.names.codecs,
                Type::Reference(id) => self.coded[id.0],
                _ => false,
            }
        });
        found
    }

    pub(super) fn finish<T>(self, plan: T) -> Result<T, crate::error::ContractError> {
        self.report.finish(Some(plan))
    }

    /// The codec of a definition, unless all of it is the same on the wire.
    pub(super) fn definition(&mut self, id: TypeId) -> Option<Code> {
        let definition = self.model.definition(id);
        let definitions = Location::ROOT.member("$defs");
        self.place = (
            definitions.member(&definition.name).to_string(),
            definition.route.clone(),
        );
        self.shape(&definition.shape)
    }

    /// The codec of what an event carries.
    pub(super) fn carried(&mut self, event: &str, shape: &Type) -> Option<Code> {
        let table = Location::ROOT.member("x-ws-contract");
        self.place = (
            table.member("events").to_string(),
            format!("the event `{event}`"),
        );
        self.shape(shape)
    }

    pub(super) fn name_of(&self, id: TypeId) -> String {
        format!("codec{}", self.names.of(id))
    }

    fn shape(&mut self, shape: &Type) -> Option<Code> {
        if !self.leads_to_codec(shape) {
            return None;
        }
        match shape {
            Type::Text(text) => text.codec.as_ref().map(|codec| {
                Code::Kit(match codec {
                    Codec::BigInt(_) => "bigint",
                    Codec::Date => "date",
                    Codec::Bytes => "bytes",
                })
            }),
            Type::Array(array) => {
                let item = self.shape(&array.item)?;
                Some(Code::kit("array", [item]))
            }
            Type::Tuple(tuple) => Some(self.tuple(tuple)),
            Type::Object(object) => Some(self.object(object)),
            Type::Union(union) => self.union(union),
            Type::Intersection(all) => {
                let mut parts = Vec::new();
                let rest = match &all.rest {
                    Rest::Map(values) => self.leads_to_codec(values),
                    Rest::Ignored | Rest::Closed => false,
                };
                let mut shapes = all.parts.iter();
                if rest || shapes.any(|part| self.converts_unnamed(part, 0)) {
                    self.refuse(
                        "a map of converted values is next to other members, which would be converted, too",
                        "put the map in a separate field instead of flattening it",
                    );
                }
                for part in &all.parts {
                    parts.extend(self.shape(part));
                }
                match parts.len() {
                    1 => parts.pop(),
                    _ => Some(Code::kit("all", [Code::List(parts)])),
                }
            }
            Type::Reference(id) => Some(Code::word(self.name_of(*id))),
            _ => None,
        }
    }

    fn shape_or_same(&mut self, shape: &Type) -> Code {
        self.shape(shape).unwrap_or(Code::Kit("same"))
    }

    fn tuple(&mut self, tuple: &Tuple) -> Code {
        let items = tuple.items.iter().map(|item| self.shape_or_same(item));
        let mut arguments = vec![Code::List(items.collect())];
        let rest = tuple.rest.as_deref();
        arguments.extend(rest.and_then(|rest| self.shape(rest)));
        Code::kit("tuple", arguments)
    }

    fn object(&mut self, object: &Object) -> Code {
        let mut others = Vec::new();
        for pattern in &object.patterns {
            others.push(self.shape(&pattern.shape));
        }
        if let Rest::Map(values) = &object.rest {
            others.push(self.shape(values));
        }
        others.dedup();
        if others.len() > 1 {
            self.refuse(
                "members are converted in different ways, depending on patterns of their names",
                "put them in separate fields",
            );
        }
        let rest = others.pop().flatten();
        let mut known = Vec::new();
        for property in &object.properties {
            let codec = match (self.shape(&property.shape), &rest) {
                (Some(codec), _) => codec,
                (None, Some(_)) => Code::Kit("same"),
                (None, None) => continue,
            };
            known.push((quote::value_key(&property.name), codec));
        }
        Code::kit("members", [Code::Record(known)].into_iter().chain(rest))
    }

    /// Whether members without a name of their own are converted.
    fn converts_unnamed(&self, shape: &Type, depth: usize) -> bool {
        match self.model.resolve(shape) {
            Type::Object(object) => {
                let rest = match &object.rest {
                    Rest::Map(values) => self.leads_to_codec(values),
                    Rest::Ignored | Rest::Closed => false,
                };
                let mut patterns = object.patterns.iter();
                rest || patterns.any(|pattern| self.leads_to_codec(&pattern.shape))
            }
            Type::Union(union) if depth < DEEPEST_UNION => {
                let mut arms = union.arms.iter();
                arms.any(|arm| self.converts_unnamed(&arm.shape, depth + 1))
            }
            _ => false,
        }
    }

    fn union(&mut self, union: &Union) -> Option<Code> {
        if let Some(tag) = tags::tag(self.model, union) {
            let arms = tag.values.iter().zip(&union.arms);
            let codecs = arms.filter_map(|(constant, arm)| {
                Some((quote::value_key(constant), self.shape(&arm.shape)?))
            });
            let codecs = Code::Record(codecs.collect());
            let name = Code::word(quote::string(tag.name));
            return Some(Code::kit("tagged", [name, codecs]));
        }
        let others: Vec<_> = union
            .arms
            .iter()
            .filter(|arm| arm.shape != Type::Null)
            .collect();
        if let ([other], true) = (others.as_slice(), others.len() < union.arms.len()) {
            let other = self.shape(&other.shape)?;
            return Some(Code::kit("nullable", [other]));
        }
        let mut leaves = Leaves::default();
        self.collect(&Type::Union(union.clone()), 0, &mut leaves);
        if leaves.count() > MOST_ALTERNATIVES {
            self.refuse_ambiguity();
            return None;
        }
        let text = self.only(leaves.text);
        let list = self.only(leaves.list);
        let members = self.merge(leaves.objects, leaves.others);
        let kinds = [("text", text), ("list", list), ("members", members)];
        let kinds = kinds.into_iter();
        let record = kinds.filter_map(|(kind, codec)| Some((kind.to_owned(), codec?)));
        Some(Code::kit("kinds", [Code::Record(record.collect())]))
    }

    /// Sorts the alternatives of a type by their kind in JSON.
    fn collect(&mut self, shape: &Type, depth: usize, leaves: &mut Leaves) {
        let target = self.model.resolve(shape);
        let id = match shape {
            Type::Reference(id) => Some(*id),
            _ => None,
        };
        if leaves.count() > MOST_ALTERNATIVES {
            return;
        }
        match target {
            Type::Union(union)
                if depth < DEEPEST_UNION && tags::tag(self.model, union).is_none() =>
            {
                for arm in &union.arms {
                    self.collect(&arm.shape, depth + 1, leaves);
                }
            }
            Type::Text(_) | Type::Literal(_) => leaves.text.push(self.shape(shape)),
            Type::Array(_) | Type::Tuple(_) => leaves.list.push(self.shape(shape)),
            Type::Object(object)
                if !self.converts_unnamed(target, 0)
                    && !id.is_some_and(|id| self.expanding.contains(&id)) =>
            {
                self.expanding.extend(id);
                let mut members = BTreeMap::new();
                for property in &object.properties {
                    members.insert(property.name.clone(), self.shape(&property.shape));
                }
                self.expanding
                    .truncate(self.expanding.len() - usize::from(id.is_some()));
                leaves.objects.push(members);
            }
            Type::Object(_) | Type::Union(_) | Type::Intersection(_) => {
                leaves.others.push(self.shape(shape));
            }
            Type::Json => {
                leaves.text.push(None);
                leaves.list.push(None);
                leaves.others.push(None);
            }
            Type::Null | Type::Boolean | Type::Number(_) | Type::Never | Type::Reference(_) => {}
        }
    }

    /// The codec that all alternatives of one kind have in common.
    fn only(&mut self, mut codecs: Vec<Option<Code>>) -> Option<Code> {
        codecs.dedup();
        if codecs.len() > 1 {
            self.refuse_ambiguity();
        }
        codecs.pop().flatten()
    }

    /// The codec of objects that are told apart by their members.
    fn merge(&mut self, objects: Vec<Members>, others: Vec<Option<Code>>) -> Option<Code> {
        if objects.is_empty() || (others.is_empty() && objects.len() == 1) || !others.is_empty() {
            let objects = objects.into_iter().map(members);
            return self.only(objects.chain(others).collect());
        }
        let mut merged = Members::new();
        let mut ambiguous = false;
        for (name, codec) in objects.into_iter().flatten() {
            let known = merged.entry(name).or_insert_with(|| codec.clone());
            ambiguous |= *known != codec;
        }
        if ambiguous {
            self.refuse_ambiguity();
        }
        members(merged)
    }

    fn refuse_ambiguity(&mut self) {
        self.refuse(
            "alternatives are converted in different ways, but nothing on the wire distinguishes them",
            "tag the enum (`#[serde(tag = \"…\")]`), or use the same adapter in all of its variants",
        );
    }

    fn refuse(&mut self, problem: &str, help: &str) {
        let (at, route) = &self.place;
        let problem = Problem::new(at, problem).reached_by(route).help(help);
        self.report.push(problem);
    }
}

/// Codecs of members, by their names.
type Members = BTreeMap<String, Option<Code>>;

/// The alternatives of a union, by their kind in JSON. Numbers, booleans and `null` are the same everywhere.
#[derive(Default)]
struct Leaves {
    text: Vec<Option<Code>>,
    list: Vec<Option<Code>>,
    /// Objects whose members are all known.
    objects: Vec<Members>,
    /// Other objects.
    others: Vec<Option<Code>>,
}

impl Leaves {
    fn count(&self) -> usize {
        self.text.len() + self.list.len() + self.objects.len() + self.others.len()
    }
}

fn members(members: Members) -> Option<Code> {
    let known = members.into_iter();
    let known = known.filter_map(|(name, codec)| Some((quote::value_key(&name), codec?)));
    let known: Vec<_> = known.collect();
    (!known.is_empty()).then(|| Code::kit("members", [Code::Record(known)]))
}
