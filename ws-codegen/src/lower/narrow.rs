//! What is left of types that must fit all at once.
//!
//! serde's tagged and flattened enums become intersections, and schemars writes alternatives into them that can never
//! fit, for instance a string where the value is an object. TypeScript would print such an alternative as a type that
//! looks possible. They are removed here, once all definitions are known.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::kinds::Kinds;
use super::union::one_of;
use crate::contract::Location;
use crate::error::{Problem, Report};
use crate::model::{
    Arm, Array, Intersection, Model, Object, Pattern, Property, Rest, Tuple, Type, TypeId, Union,
};

/// Narrows every type of the model. `order` names each definition after those that it is.
pub(super) fn narrow(model: &mut Model, order: &[TypeId], report: &mut Report) {
    let mut narrowing = Narrowing::new(model, order);
    let definitions = Location::ROOT.member("$defs");
    for (index, definition) in model.definitions.iter_mut().enumerate() {
        definition.shape = narrowing.shape(&definition.shape);
        definition.holds_empty = narrowing.facts[index].holds_empty;
        definition.target = narrowing.facts[index].target;
        for conflict in std::mem::take(&mut narrowing.conflicts) {
            let problem = Problem::new(definitions.member(&definition.name), conflict);
            report.push(problem.reached_by(&definition.route).help(MAP_IN_VARIANT));
        }
    }
    let table = Location::ROOT.member("x-ws-contract");
    let plain = model
        .server_events
        .iter_mut()
        .chain(&mut model.client_events);
    let plain = plain.map(|event| (&event.name, vec![&mut event.payload]));
    let requests = model.requests.iter_mut().map(|request| {
        let shapes = vec![&mut request.input, &mut request.output, &mut request.error];
        (&request.name, shapes)
    });
    for (name, shapes) in plain.chain(requests) {
        for shape in shapes {
            *shape = narrowing.shape(shape);
        }
        for conflict in std::mem::take(&mut narrowing.conflicts) {
            let problem = Problem::new(table.member("events"), conflict);
            report.push(
                problem
                    .reached_by(format_args!("the event `{name}`"))
                    .help(MAP_IN_VARIANT),
            );
        }
    }
}

/// The usual cause of such a member, and what to do about it.
const MAP_IN_VARIANT: &str = "an internally tagged or flattened enum cannot hold a map, or a type that denies unknown \
     fields, beside members of its own: give the variant a field, as in `Scores { scores: Scores }`";

struct Narrowing {
    /// The definitions' types before any of them is narrowed.
    shapes: Vec<Type>,
    facts: Vec<Fact>,
    /// Why no value fits, for each intersection of which that is true.
    conflicts: BTreeSet<String>,
}

/// What is known about a definition.
#[derive(Clone, Copy)]
struct Fact {
    kinds: Kinds,
    /// Whether an object without any known member is among its values.
    holds_empty: bool,
    /// The definition that it is another name of, or itself.
    target: TypeId,
}

impl Narrowing {
    fn new(model: &Model, order: &[TypeId]) -> Self {
        let unknown = |index| Fact {
            kinds: Kinds::ALL,
            holds_empty: false,
            target: TypeId(index),
        };
        let mut narrowing = Narrowing {
            shapes: model
                .definitions
                .iter()
                .map(|it| it.shape.clone())
                .collect(),
            facts: (0..model.definitions.len()).map(unknown).collect(),
            conflicts: BTreeSet::new(),
        };
        for id in order {
            let shape = &narrowing.shapes[id.0];
            let fact = Fact {
                kinds: narrowing.kinds(shape),
                holds_empty: narrowing.holds_empty(shape),
                target: match shape {
                    Type::Reference(other) => narrowing.facts[other.0].target,
                    _ => *id,
                },
            };
            narrowing.facts[id.0] = fact;
        }
        narrowing
    }

    fn kinds(&self, shape: &Type) -> Kinds {
        Kinds::of(shape, &|id| self.facts[id.0].kinds)
    }

    fn holds_empty(&self, shape: &Type) -> bool {
        match shape {
            Type::Object(object) => object.is_empty(),
            Type::Union(union) => union.arms.iter().any(|arm| self.holds_empty(&arm.shape)),
            Type::Intersection(all) => all.parts.iter().all(|part| self.holds_empty(part)),
            Type::Reference(id) => self.facts[id.0].holds_empty,
            _ => false,
        }
    }

    /// A reference's type, if it is an object; other types as they are.
    fn as_object<'t>(&'t self, shape: &'t Type) -> Option<&'t Object> {
        let shape = match shape {
            Type::Reference(id) => &self.shapes[self.facts[id.0].target.0],
            other => other,
        };
        match shape {
            Type::Object(object) => Some(object),
            _ => None,
        }
    }

    fn shape(&mut self, shape: &Type) -> Type {
        match shape {
            Type::Array(array) => Type::Array(Box::new(Array {
                item: self.shape(&array.item),
                limits: array.limits.clone(),
            })),
            Type::Tuple(tuple) => Type::Tuple(Tuple {
                items: tuple.items.iter().map(|item| self.shape(item)).collect(),
                required: tuple.required,
                rest: tuple.rest.as_ref().map(|rest| Box::new(self.shape(rest))),
            }),
            Type::Object(object) => Type::Object(self.object(object)),
            Type::Union(union) => Type::Union(Union {
                arms: union.arms.iter().map(|arm| self.arm(arm)).collect(),
                exclusive: union.exclusive,
            }),
            Type::Intersection(all) => self.intersection(all),
            leaf => leaf.clone(),
        }
    }

    fn arm(&mut self, arm: &Arm) -> Arm {
        Arm {
            docs: arm.docs.clone(),
            shape: self.shape(&arm.shape),
        }
    }

    fn object(&mut self, object: &Object) -> Object {
        let property = |property: &Property| Property {
            name: property.name.clone(),
            docs: property.docs.clone(),
            required: property.required,
            shape: self.shape(&property.shape),
        };
        let properties = object.properties.iter().map(property).collect();
        let pattern = |pattern: &Pattern| Pattern {
            expression: pattern.expression.clone(),
            shape: self.shape(&pattern.shape),
        };
        Object {
            properties,
            patterns: object.patterns.iter().map(pattern).collect(),
            rest: self.rest(&object.rest),
            names: object.names.clone(),
            limits: object.limits.clone(),
        }
    }

    fn rest(&mut self, rest: &Rest) -> Rest {
        match rest {
            Rest::Map(values) => Rest::Map(Box::new(self.shape(values))),
            other => other.clone(),
        }
    }

    fn intersection(&mut self, all: &Intersection) -> Type {
        let kinds = all
            .parts
            .iter()
            .fold(Kinds::ALL, |kinds, part| kinds & self.kinds(part));
        let mut parts = Vec::with_capacity(all.parts.len());
        for part in &all.parts {
            let part = self.shape(part);
            match self.restrict(part, kinds) {
                Type::Never => return Type::Never,
                part => parts.push(part),
            }
        }
        self.find_conflicts(&parts);
        self.drop_bare(&mut parts);
        if parts.len() == 1 && all.rest == Rest::Ignored {
            return parts.remove(0);
        }
        Type::Intersection(Intersection {
            parts,
            rest: self.rest(&all.rest),
        })
    }

    /// `shape` without alternatives of other kinds than `kinds`.
    fn restrict(&self, shape: Type, kinds: Kinds) -> Type {
        match shape {
            Type::Union(union) => {
                let arms = union.arms.into_iter().filter_map(|arm| {
                    let shape = self.restrict(arm.shape, kinds);
                    (shape != Type::Never).then_some(Arm {
                        docs: arm.docs,
                        shape,
                    })
                });
                one_of(arms.collect(), union.exclusive)
            }
            shape if self.kinds(&shape).meets(kinds) => shape,
            _ => Type::Never,
        }
    }

    /// Removes objects of which nothing is known: they only say that the value is an object, which another part mostly
    /// says too.
    fn drop_bare(&self, parts: &mut Vec<Type>) {
        let bare = |part: &Type| {
            self.as_object(part)
                .is_some_and(|object| *object == Object::bare())
        };
        let said = |part: &Type| !bare(part) && self.kinds(part) == Kinds::OBJECT;
        let mut keep = usize::from(!parts.iter().any(said));
        parts.retain(|part| {
            if !bare(part) {
                return true;
            }
            let kept = keep > 0;
            keep = keep.saturating_sub(1);
            kept
        });
    }

    /// Looks for members that one part demands and that another part refuses.
    fn find_conflicts(&mut self, parts: &[Type]) {
        let mut conflicts = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let others = parts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            let others = others.filter_map(|(_, part)| self.as_object(part));
            let demanded = self.demanded(others);
            for map in self.alternatives(part) {
                conflicts.extend(self.refused(map, &demanded).map(|name| {
                    format!(
                        "no value fits: the member {name:?} is required, but what is next to it refuses it"
                    )
                }));
            }
        }
        self.conflicts.extend(conflicts);
    }

    /// The objects among the alternatives of a type.
    fn alternatives<'t>(&'t self, shape: &'t Type) -> Vec<&'t Object> {
        match shape {
            Type::Union(union) => {
                let arms = union.arms.iter();
                arms.filter_map(|arm| self.as_object(&arm.shape)).collect()
            }
            other => self.as_object(other).into_iter().collect(),
        }
    }

    /// The members that some of `objects` demand, by what they may be.
    fn demanded<'t>(
        &self,
        objects: impl Iterator<Item = &'t Object>,
    ) -> BTreeMap<Kinds, Vec<&'t str>> {
        let mut demanded: BTreeMap<Kinds, Vec<&str>> = BTreeMap::new();
        for property in objects.flat_map(|object| &object.properties) {
            if property.required {
                let kinds = self.kinds(&property.shape);
                demanded.entry(kinds).or_default().push(&property.name);
            }
        }
        demanded
    }

    /// A member of each kind that is demanded and that `map` refuses: a map of other values, or an object without other members.
    fn refused<'t>(
        &self,
        map: &'t Object,
        demanded: &'t BTreeMap<Kinds, Vec<&'t str>>,
    ) -> impl Iterator<Item = &'t str> + use<'t> {
        let values = match &map.rest {
            _ if !map.patterns.is_empty() => Kinds::ALL,
            Rest::Map(values) => self.kinds(values),
            Rest::Closed => Kinds::NONE,
            Rest::Ignored => Kinds::ALL,
        };
        let known: HashSet<&str> = map.properties.iter().map(|it| it.name.as_str()).collect();
        demanded
            .iter()
            .filter(move |(kinds, _)| !kinds.meets(values))
            .filter_map(move |(_, names)| names.iter().find(|name| !known.contains(*name)).copied())
    }
}
