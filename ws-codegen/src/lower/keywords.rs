//! Which keywords of JSON Schema 2020-12 are understood.
//!
//! A keyword that decides which values fit must never be skipped in silence: the generated type would lie.

/// What a keyword does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    /// It decides which values fit, whatever their type, and is understood.
    Asserts,
    /// It decides which values of one type fit, and is understood.
    Limits(Kind),
    /// It only describes.
    Describes,
    /// It decides which values fit, and has no counterpart here; with what to do instead.
    Refused(&'static str),
    /// It may be anything.
    Unknown,
}

/// The types of JSON values, as JSON Schema names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Kind::Null,
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "string" => Kind::String,
            "array" => Kind::Array,
            "object" => Kind::Object,
            _ => return None,
        })
    }
}

impl Keyword {
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            "type"
            | "enum"
            | "const"
            | "$ref"
            | "allOf"
            | "anyOf"
            | "oneOf"
            | "not"
            | "unevaluatedProperties"
            | "x-ws-codec"
            | "x-ws-open" => Keyword::Asserts,
            "properties"
            | "required"
            | "additionalProperties"
            | "patternProperties"
            | "propertyNames"
            | "minProperties"
            | "maxProperties" => Keyword::Limits(Kind::Object),
            "items" | "prefixItems" | "minItems" | "maxItems" | "uniqueItems" => {
                Keyword::Limits(Kind::Array)
            }
            "minLength" | "maxLength" | "pattern" => Keyword::Limits(Kind::String),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
                Keyword::Limits(Kind::Number)
            }
            // `format` is an annotation in 2020-12. The formats of integers are read where an integer is.
            "title" | "description" | "default" | "examples" | "deprecated" | "readOnly"
            | "writeOnly" | "format" | "contentEncoding" | "contentMediaType" | "contentSchema"
            | "$comment" | "$schema" | "$defs" | "$anchor" => Keyword::Describes,
            "if" | "then" | "else" | "dependentSchemas" | "dependentRequired" | "dependencies" => {
                Keyword::Refused("describe the alternatives as an enum, which becomes `oneOf`")
            }
            "contains" | "minContains" | "maxContains" | "unevaluatedItems" => Keyword::Refused(
                "describe the items with `items` or `prefixItems`, and check the rest in the handler",
            ),
            "$id" | "$dynamicRef" | "$dynamicAnchor" | "$recursiveRef" | "$recursiveAnchor"
            | "$vocabulary" => {
                Keyword::Refused("refer to definitions of this file only: `#/$defs/<name>`")
            }
            "definitions" => Keyword::Refused("use `$defs`, as JSON Schema 2020-12 does"),
            "nullable" => Keyword::Refused("add \"null\" to `type`, as JSON Schema 2020-12 does"),
            _ if name.starts_with("x-ws-") => Keyword::Unknown,
            _ if name.starts_with("x-") => Keyword::Describes,
            _ => Keyword::Unknown,
        }
    }
}
