//! The member that tells the alternatives of a union apart.

use std::collections::HashSet;

use crate::model::{Literal, Model, Object, Type, Union};

/// How many members of an alternative are tried.
const MOST_TRIED: usize = 8;

/// A member that is there in every alternative, and in each with a constant of its own.
pub(super) struct Tag<'m> {
    pub(super) name: &'m str,
    /// The constant of each alternative, in order.
    pub(super) values: Vec<&'m str>,
}

/// Finds the tag of a union of objects, if it has one.
pub(super) fn tag<'m>(model: &'m Model, union: &'m Union) -> Option<Tag<'m>> {
    let first = union.arms.first()?;
    let names = objects(model, &first.shape)
        .flat_map(|object| &object.properties)
        .filter(|property| matches!(property.shape, Type::Literal(Literal::Text(_))))
        .map(|property| property.name.as_str());
    names.take(MOST_TRIED).find_map(|name| {
        let values: Option<Vec<_>> = union
            .arms
            .iter()
            .map(|arm| constant(model, &arm.shape, name))
            .collect();
        let values = values?;
        let different: HashSet<_> = values.iter().collect();
        (values.len() > 1 && different.len() == values.len()).then_some(Tag { name, values })
    })
}

/// The constant that the member `name` of every value of `shape` is.
fn constant<'m>(model: &'m Model, shape: &'m Type, name: &str) -> Option<&'m str> {
    objects(model, shape)
        .flat_map(|object| &object.properties)
        .filter(|property| property.required && property.name == name)
        .find_map(|property| match &property.shape {
            Type::Literal(Literal::Text(value)) => Some(value.as_str()),
            _ => None,
        })
}

/// The objects that every value of `shape` is.
fn objects<'m>(model: &'m Model, shape: &'m Type) -> impl Iterator<Item = &'m Object> {
    let shape = model.resolve(shape);
    let parts = match shape {
        Type::Intersection(all) => all.parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    parts.iter().filter_map(|part| match model.resolve(part) {
        Type::Object(object) => Some(object),
        _ => None,
    })
}
