//! Sets of the kinds of JSON values that a type admits.

use std::ops::{BitAnd, BitOr};

use crate::model::{Literal, Type, TypeId};

/// Some of: null, boolean, number, string, array, object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Kinds = Kinds(0);
    pub(super) const ALL: Kinds = Kinds(0b11_1111);
    pub(super) const OBJECT: Kinds = Kinds(0b10_0000);
    const NULL: Kinds = Kinds(0b00_0001);
    const BOOLEAN: Kinds = Kinds(0b00_0010);
    const NUMBER: Kinds = Kinds(0b00_0100);
    const STRING: Kinds = Kinds(0b00_1000);
    const ARRAY: Kinds = Kinds(0b01_0000);

    /// The kinds of values that fit `shape`; `of` knows those of the definitions.
    pub(super) fn of(shape: &Type, of: &impl Fn(TypeId) -> Kinds) -> Kinds {
        match shape {
            Type::Json => Kinds::ALL,
            Type::Never => Kinds::NONE,
            Type::Null => Kinds::NULL,
            Type::Boolean | Type::Literal(Literal::Boolean(_)) => Kinds::BOOLEAN,
            Type::Number(_) | Type::Literal(Literal::Number(_)) => Kinds::NUMBER,
            Type::Text(_) | Type::Literal(Literal::Text(_)) => Kinds::STRING,
            Type::Array(_) | Type::Tuple(_) => Kinds::ARRAY,
            Type::Object(_) => Kinds::OBJECT,
            Type::Union(union) => union
                .arms
                .iter()
                .fold(Kinds::NONE, |kinds, arm| kinds | Kinds::of(&arm.shape, of)),
            Type::Intersection(all) => all
                .parts
                .iter()
                .fold(Kinds::ALL, |kinds, part| kinds & Kinds::of(part, of)),
            Type::Reference(id) => of(*id),
        }
    }

    /// Whether some kind is in both sets.
    pub(super) fn meets(self, other: Kinds) -> bool {
        self & other != Kinds::NONE
    }
}

impl BitAnd for Kinds {
    type Output = Kinds;

    fn bitand(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }
}

impl BitOr for Kinds {
    type Output = Kinds;

    fn bitor(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
}
