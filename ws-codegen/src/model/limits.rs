//! Limits that a type puts on values besides their shape. TypeScript cannot hold them; documentation and validators can.

/// Limits of a number, as in JSON Schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct NumberLimits {
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_minimum: Option<f64>,
    pub(crate) exclusive_maximum: Option<f64>,
    pub(crate) multiple_of: Option<f64>,
    /// The one number that does not fit: zero, for Rust's `NonZeroI32`.
    pub(crate) except: Option<f64>,
}

/// Limits of a string.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TextLimits {
    /// In Unicode code points.
    pub(crate) min_length: Option<u64>,
    /// In Unicode code points.
    pub(crate) max_length: Option<u64>,
    /// A regular expression that must match somewhere.
    pub(crate) pattern: Option<String>,
}

/// Limits of an array.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ArrayLimits {
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    /// Whether no item may appear twice.
    pub(crate) unique: bool,
}

/// Limits of an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ObjectLimits {
    pub(crate) min_properties: Option<u64>,
    pub(crate) max_properties: Option<u64>,
}
