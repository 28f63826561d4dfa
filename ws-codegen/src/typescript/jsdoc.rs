//! Documentation comments.

use super::quote;
use crate::model::{ArrayLimits, Docs, Number, ObjectLimits, Text, Type};

/// A documentation comment of as many lines as it needs, each indented and ended; empty when there is nothing to say.
pub(super) fn comment(docs: &Docs, tags: &[String], indent: &str) -> String {
    let mut lines: Vec<String> = docs.text.lines().map(text).collect();
    if docs.deprecated {
        lines.push("@deprecated".to_owned());
    }
    lines.extend(tags.iter().map(|tag| quote::comment(tag)));
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let mut text = format!("{indent}/**\n");
            for line in lines {
                let space = if line.is_empty() { "" } else { " " };
                text.push_str(&format!("{indent} *{space}{line}\n"));
            }
            text.push_str(&format!("{indent} */\n"));
            text
        }
    }
}

/// A line of what people wrote. An `@` at its begin is no tag, whatever it looks like.
fn text(line: &str) -> String {
    let line = quote::comment(line.trim_end());
    if line.trim_start().starts_with('@') {
        line.replacen('@', "\\@", 1)
    } else {
        line
    }
}

/// What TypeScript cannot say about the values of a type.
pub(super) fn limit_tags(shape: &Type) -> Vec<String> {
    let mut tags = Tags(Vec::new());
    match shape {
        Type::Text(text) if text.codec.is_none() => tags.text(text),
        Type::Number(number) => tags.number(number),
        Type::Array(array) => tags.array(&array.limits),
        Type::Object(object) => tags.object(&object.limits),
        Type::Union(union) => {
            // A nullable type has the limits of the type.
            let mut arms = union.arms.iter().filter(|arm| arm.shape != Type::Null);
            if let (Some(arm), None) = (arms.next(), arms.next()) {
                return limit_tags(&arm.shape);
            }
        }
        _ => {}
    }
    tags.0
}

struct Tags(Vec<String>);

impl Tags {
    fn add(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.0.push(format!("@{name} {value}"));
        }
    }

    fn text(&mut self, text: &Text) {
        self.add("format", text.format.as_ref());
        self.add("minLength", text.limits.min_length);
        self.add("maxLength", text.limits.max_length);
        self.add("pattern", text.limits.pattern.as_ref());
    }

    fn number(&mut self, number: &Number) {
        let (least, most) = match number.format {
            Some(format) => format.bounds(),
            None => (f32::MIN.into(), f32::MAX.into()),
        };
        let limits = &number.limits;
        self.add("minimum", limits.minimum.filter(|minimum| *minimum > least));
        self.add("maximum", limits.maximum.filter(|maximum| *maximum < most));
        self.add("exclusiveMinimum", limits.exclusive_minimum);
        self.add("exclusiveMaximum", limits.exclusive_maximum);
        self.add("multipleOf", limits.multiple_of);
        self.add("not", limits.except);
    }

    fn array(&mut self, limits: &ArrayLimits) {
        self.add("minItems", limits.min_items);
        self.add("maxItems", limits.max_items);
        if limits.unique {
            self.0.push("@uniqueItems".to_owned());
        }
    }

    fn object(&mut self, limits: &ObjectLimits) {
        self.add("minProperties", limits.min_properties);
        self.add("maxProperties", limits.max_properties);
    }
}
