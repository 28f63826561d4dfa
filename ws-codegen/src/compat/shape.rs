//! An object, or several that a value must fit at once, as one.

use std::collections::{HashMap, HashSet};

use super::forms::Forms;
use crate::model::{Docs, Literal, Object, ObjectLimits, Pattern, Rest, Type};

/// The members of an object, and what others may be.
#[derive(Debug, Clone)]
pub(super) struct Shape<'m> {
    pub(super) members: Vec<Member<'m>>,
    pub(super) patterns: &'m [Pattern],
    pub(super) rest: &'m Rest,
    pub(super) names: Option<&'m Type>,
    pub(super) limits: ObjectLimits,
    /// The object that this is, unless it is several.
    pub(super) object: Option<&'m Object>,
    /// The name of the definition that it is.
    pub(super) type_name: Option<&'m str>,
}

/// A member that has a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'m> {
    pub(super) name: &'m str,
    pub(super) required: bool,
    pub(super) shape: &'m Type,
    pub(super) docs: &'m Docs,
}

impl<'m> Shape<'m> {
    pub(super) fn of(object: &'m Object, type_name: Option<&'m str>) -> Self {
        let members = object.properties.iter().map(|property| Member {
            name: &property.name,
            required: property.required,
            shape: &property.shape,
            docs: &property.docs,
        });
        Shape {
            members: members.collect(),
            patterns: &object.patterns,
            rest: &object.rest,
            names: object.names.as_deref(),
            limits: object.limits.clone(),
            object: Some(object),
            type_name,
        }
    }

    /// The members by name.
    pub(super) fn by_name(&self) -> HashMap<&'m str, Member<'m>> {
        self.members.iter().map(|it| (it.name, *it)).collect()
    }

    /// Whether members without a type of their own are refused.
    pub(super) fn is_closed(&self) -> bool {
        *self.rest == Rest::Closed && self.patterns.is_empty()
    }

    /// Whether its members are all that is said about it.
    fn is_plain(&self) -> bool {
        self.patterns.is_empty()
            && *self.rest == Rest::Ignored
            && self.names.is_none()
            && self.limits == ObjectLimits::default()
    }

    /// The members that are always the same, with what they are.
    fn constants(&self) -> impl Iterator<Item = (&'m str, &'m str)> + '_ {
        let required = self.members.iter().filter(|member| member.required);
        required.filter_map(|member| match member.shape {
            Type::Literal(Literal::Text(constant)) => Some((member.name, constant.as_str())),
            _ => None,
        })
    }

    /// The constant that a member always is.
    fn constant(&self, name: &str) -> Option<&'m str> {
        let mut constants = self.constants();
        constants.find(|it| it.0 == name).map(|it| it.1)
    }

    /// The name of the only member, where no other may come: how serde tags an enum from outside.
    pub(super) fn only_member(&self) -> Option<&'m str> {
        match self.members.as_slice() {
            [member] if member.required && self.is_closed() => Some(member.name),
            _ => None,
        }
    }

    /// Both at once, if that can be said as one object.
    fn and(&self, other: &Shape<'m>) -> Option<Shape<'m>> {
        let (plain, special) = match (self.is_plain(), other.is_plain()) {
            (_, true) => (other, self),
            (true, false) => (self, other),
            (false, false) => return None,
        };
        let mut merged = Shape {
            object: None,
            type_name: None,
            ..special.clone()
        };
        let open = special.is_plain();
        for member in &plain.members {
            match merged.members.iter_mut().find(|it| it.name == member.name) {
                Some(known) if known.shape == member.shape || *member.shape == Type::Json => {
                    known.required |= member.required;
                }
                Some(known) if *known.shape == Type::Json => {
                    known.shape = member.shape;
                    known.required |= member.required;
                }
                None if open => merged.members.push(*member),
                _ => return None,
            }
        }
        Some(merged)
    }
}

/// The objects that fit all of `parts`, each of which is some alternatives. Nothing if that is more than can be said.
pub(super) fn all_of<'m>(
    parts: &[Forms<'m>],
    rest: &'m Rest,
    most: usize,
) -> Option<Vec<Shape<'m>>> {
    let mut parts = parts.iter();
    let first = parts.next().filter(|first| first.is_objects())?;
    let mut shapes = first.objects.clone();
    for part in parts {
        if !part.is_objects() || shapes.len() * part.objects.len() > most {
            return None;
        }
        let pairs = shapes
            .iter()
            .flat_map(|shape| part.objects.iter().map(|other| shape.and(other)));
        shapes = pairs.collect::<Option<_>>()?;
    }
    if *rest != Rest::Ignored {
        for shape in &mut shapes {
            if !shape.is_plain() {
                return None;
            }
            shape.rest = rest;
            shape.object = None;
        }
    }
    Some(shapes)
}

/// How many constants of an alternative are tried.
const MOST_TRIED: usize = 8;

/// What tells alternatives apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag<'m> {
    /// A member that is another constant in each.
    Member(&'m str),
    /// Which member there is.
    Key,
    /// All constants together, as in tagged enums within others.
    Constants,
}

impl<'m> Tag<'m> {
    /// What tells all of these apart.
    pub(super) fn of(shapes: &[Shape<'m>]) -> Option<Tag<'m>> {
        let first = shapes.first()?;
        let members = first.constants().take(MOST_TRIED);
        let members = members.map(|(name, _)| Tag::Member(name));
        let mut tags = members.chain([Tag::Key, Tag::Constants]);
        tags.find(|tag| tag.separates(shapes))
    }

    /// Whether each of these has another value of it.
    pub(super) fn separates(self, shapes: &[Shape<'m>]) -> bool {
        let mut seen = HashSet::new();
        shapes
            .iter()
            .all(|shape| self.value(shape).is_some_and(|value| seen.insert(value)))
    }

    /// By what an alternative is known.
    pub(super) fn value(self, shape: &Shape<'m>) -> Option<String> {
        match self {
            Tag::Member(name) => shape.constant(name).map(str::to_owned),
            Tag::Key => shape.only_member().map(str::to_owned),
            Tag::Constants => {
                let constants = shape.constants();
                let mut constants: Vec<_> = constants
                    .map(|(name, constant)| format!("{name}: {constant}"))
                    .collect();
                constants.sort();
                (!constants.is_empty()).then(|| constants.join(", "))
            }
        }
    }
}

/// Whether a value may fit two of these, as far as is known.
pub(super) fn overlap(shapes: &[Shape<'_>]) -> bool {
    /// How many alternatives are compared with one another.
    const MOST: usize = 200;
    let apart = |one: &Shape<'_>, other: &Shape<'_>| {
        let constants = one.constants().take(MOST_TRIED).any(|(name, here)| {
            let there = other.constant(name);
            there.is_some_and(|there| here != there)
        });
        let keys = one.only_member().zip(other.only_member());
        constants || keys.is_some_and(|(here, there)| here != there)
    };
    let told = matches!(Tag::of(shapes), Some(Tag::Member(_) | Tag::Key));
    let pairwise = || {
        let others = |index: usize| shapes.iter().skip(index + 1);
        let mut shapes = shapes.iter().enumerate();
        shapes.any(|(index, one)| others(index).any(|other| !apart(one, other)))
    };
    shapes.len() > 1 && !told && (shapes.len() > MOST || pairwise())
}
