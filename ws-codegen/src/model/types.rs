//! The types of values.

use super::{ArrayLimits, Docs, NumberLimits, ObjectLimits, TextLimits};

/// Which JSON values fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    /// Every JSON value.
    Json,
    /// No value.
    Never,
    Null,
    Boolean,
    Number(Number),
    Text(Text),
    /// Exactly one value.
    Literal(Literal),
    /// Any number of items of one type.
    Array(Box<Array>),
    /// Items of a type each.
    Tuple(Tuple),
    Object(Object),
    /// Values that fit one of several types.
    Union(Union),
    /// Values that fit all of several types.
    Intersection(Intersection),
    /// The values of a definition.
    Reference(TypeId),
}

impl Type {
    /// Calls `see` for the type and for every type in it. References are not followed.
    pub(crate) fn visit<'t>(&'t self, see: &mut impl FnMut(&'t Type)) {
        see(self);
        match self {
            Type::Array(array) => array.item.visit(see),
            Type::Tuple(tuple) => {
                let types = tuple.items.iter().chain(tuple.rest.as_deref());
                types.for_each(|part| part.visit(see));
            }
            Type::Object(object) => {
                let properties = object.properties.iter().map(|property| &property.shape);
                let patterns = object.patterns.iter().map(|pattern| &pattern.shape);
                let rest = match &object.rest {
                    Rest::Map(values) => Some(&**values),
                    Rest::Ignored | Rest::Closed => None,
                };
                let types = properties.chain(patterns).chain(rest);
                let types = types.chain(object.names.as_deref());
                types.for_each(|part| part.visit(see));
            }
            Type::Union(union) => union.arms.iter().for_each(|arm| arm.shape.visit(see)),
            Type::Intersection(all) => {
                all.parts.iter().for_each(|part| part.visit(see));
                if let Rest::Map(values) = &all.rest {
                    values.visit(see);
                }
            }
            Type::Json
            | Type::Never
            | Type::Null
            | Type::Boolean
            | Type::Number(_)
            | Type::Text(_)
            | Type::Literal(_)
            | Type::Reference(_) => {}
        }
    }
}

/// The position of a definition in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) usize);

/// A number that JavaScript holds exactly, as far as the contract says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    /// Whether fractions are refused.
    pub(crate) integer: bool,
    pub(crate) format: Option<IntegerFormat>,
    pub(crate) limits: NumberLimits,
}

/// An integer type that is narrow enough for a JavaScript number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegerFormat {
    Int8,
    Int16,
    Int32,
    Uint8,
    Uint16,
    Uint32,
}

impl IntegerFormat {
    /// The least and the greatest value.
    pub(crate) fn bounds(self) -> (f64, f64) {
        match self {
            IntegerFormat::Int8 => (i8::MIN.into(), i8::MAX.into()),
            IntegerFormat::Int16 => (i16::MIN.into(), i16::MAX.into()),
            IntegerFormat::Int32 => (i32::MIN.into(), i32::MAX.into()),
            IntegerFormat::Uint8 => (0.0, u8::MAX.into()),
            IntegerFormat::Uint16 => (0.0, u16::MAX.into()),
            IntegerFormat::Uint32 => (0.0, u32::MAX.into()),
        }
    }
}

/// A string.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    /// What the string means, for instance `date-time`.
    pub(crate) format: Option<String>,
    pub(crate) limits: TextLimits,
    /// What it is in a program, unless that is a string too.
    pub(crate) codec: Option<Codec>,
}

/// What a string of the wire is in a program.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Codec {
    /// An integer of any size, within a range where that is known.
    BigInt(Option<IntegerRange>),
    /// A point in time.
    Date,
    /// Bytes, which the string holds in base64.
    Bytes,
}

/// The least and the greatest value of an integer type, in decimal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IntegerRange {
    pub(crate) least: String,
    pub(crate) most: String,
}

/// A value that stands for itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    /// A finite number that JavaScript holds exactly.
    Number(f64),
    Boolean(bool),
}

/// Any number of items.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Array {
    pub(crate) item: Type,
    pub(crate) limits: ArrayLimits,
}

/// A sequence of items, each in its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tuple {
    pub(crate) items: Vec<Type>,
    /// How many of them must be there.
    pub(crate) required: usize,
    /// What follows them, if anything may.
    pub(crate) rest: Option<Box<Type>>,
}

/// An object with known members, others, or both.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    /// In the contract's order.
    pub(crate) properties: Vec<Property>,
    /// Types of members whose names match a pattern.
    pub(crate) patterns: Vec<Pattern>,
    /// What all other members are.
    pub(crate) rest: Rest,
    /// What every member's name must be, where that is restricted.
    pub(crate) names: Option<Box<Type>>,
    pub(crate) limits: ObjectLimits,
}

impl Object {
    /// An object of which nothing is known.
    pub(crate) fn bare() -> Self {
        Object {
            properties: Vec::new(),
            patterns: Vec::new(),
            rest: Rest::Ignored,
            names: None,
            limits: ObjectLimits::default(),
        }
    }

    /// Whether its properties are all that is said about it.
    pub(crate) fn is_plain(&self) -> bool {
        self.patterns.is_empty()
            && self.rest == Rest::Ignored
            && self.names.is_none()
            && self.limits == ObjectLimits::default()
    }

    /// Whether no member of it means anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.properties.is_empty()
            && self.patterns.is_empty()
            && matches!(self.rest, Rest::Ignored | Rest::Closed)
    }
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) required: bool,
    pub(crate) shape: Type,
}

/// Members whose names match a regular expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern {
    pub(crate) expression: String,
    pub(crate) shape: Type,
}

/// The members of an object that have no type of their own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rest {
    /// They may come, and mean nothing.
    Ignored,
    /// They must not come.
    Closed,
    /// They are entries of a map.
    Map(Box<Type>),
}

/// Several types, one of which fits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Union {
    pub(crate) arms: Vec<Arm>,
    /// Whether a value must fit exactly one arm.
    pub(crate) exclusive: bool,
}

/// One type of a union.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arm {
    pub(crate) docs: Docs,
    pub(crate) shape: Type,
}

/// Several types, all of which fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intersection {
    pub(crate) parts: Vec<Type>,
    /// What members are that no part knows.
    pub(crate) rest: Rest,
}
