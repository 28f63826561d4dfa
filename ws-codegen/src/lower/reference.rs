//! `$ref`: the use of a definition.

use super::{Found, Lowering, Origin};
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{Type, TypeId};

impl Lowering<'_> {
    pub(super) fn reference(&mut self, schema: &Members, at: &Location<'_>) -> Option<Type> {
        let target = schema.get("$ref")?;
        let name = target
            .as_text()
            .and_then(|target| target.strip_prefix("#/$defs/"))
            .and_then(unescape);
        let Some(name) = name else {
            let problem = format!("`$ref` must be `#/$defs/<name>`, but is {target}");
            self.refuse(Problem::new(at.member("$ref"), problem));
            return Some(Type::Never);
        };
        match self.find(&name) {
            Some(id) => Some(Type::Reference(id)),
            None => {
                let problem = format!("there is no definition {} in `$defs`", Json::Text(name));
                self.refuse(Problem::new(at.member("$ref"), problem));
                Some(Type::Never)
            }
        }
    }

    /// The id of a definition, which is lowered later if it is seen for the first time.
    fn find(&mut self, name: &str) -> Option<TypeId> {
        if let Some(id) = self.ids.get(name) {
            return Some(*id);
        }
        let (name, schema) = self.contract.definition(name)?;
        let (event, part, parent) = match self.origin {
            Origin::Event(event, part) => (event, part, None),
            Origin::Definition(parent) => {
                let found = &self.found[parent.0];
                (found.event, found.part, Some(parent))
            }
        };
        let id = TypeId(self.found.len());
        self.found.push(Found {
            name,
            schema,
            event,
            part,
            parent,
        });
        self.ids.insert(name, id);
        Some(id)
    }
}

/// One step of a JSON pointer that stands in a URL: percent-encoded, with `~0` and `~1` for `~` and `/`.
fn unescape(step: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'/' => return None,
            other => bytes.push(other),
        }
    }
    let step = String::from_utf8(bytes).ok()?;
    Some(step.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unescaped_once() {
        assert_eq!(unescape("Chat").unwrap(), "Chat");
        assert_eq!(unescape("a~1b~01%20%C3%A9").unwrap(), "a/b~1 é");
        for broken in ["a/b", "%", "%2", "%zz", "%ff"] {
            assert_eq!(unescape(broken), None, "{broken}");
        }
    }
}
