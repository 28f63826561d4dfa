//! Arrays of fixed length that are written out, such as `[f32; 3]`: as tuples, as long as they stay readable.

use crate::model::{Array, Rest, Type};

/// The longest array of fixed length that is written out as a tuple.
const LONGEST_FIXED: u64 = 16;

/// The most words that such a tuple may have, those of nested ones counted.
const MOST_WORDS: u64 = 64;

/// The length of an array that is written out as a tuple, such as `[f32; 3]`.
pub(super) fn fixed_length(array: &Array) -> Option<u64> {
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
