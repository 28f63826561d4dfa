//! Objects and maps.

use std::collections::BTreeSet;

use super::{Lowering, docs};
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{Docs, Object, Pattern, Property, Rest, Type};

impl<'a> Lowering<'a> {
    pub(super) fn object(&mut self, schema: &'a Members, at: &Location<'_>) -> Object {
        let rest = self.rest(schema, at);
        let patterns = self.patterns(schema, at);
        let names = schema
            .get("propertyNames")
            .map(|names| Box::new(self.schema(names, &at.member("propertyNames"))));
        let limits = self.object_limits(schema, at);
        let mut object = Object {
            properties: self.properties(schema, at),
            patterns,
            rest,
            names,
            limits,
        };
        self.add_required(&mut object, schema, at);
        object
    }

    fn properties(&mut self, schema: &'a Members, at: &Location<'_>) -> Vec<Property> {
        let members = self.schemas(schema, "properties", at);
        let at = at.member("properties");
        let mut properties = Vec::with_capacity(members.len());
        for (name, property) in members {
            properties.push(Property {
                name: name.to_owned(),
                docs: property.as_object().map(docs::read).unwrap_or_default(),
                required: false,
                shape: self.schema(property, &at.member(name)),
            });
        }
        properties
    }

    /// Marks the properties that must be there, and adds those that are required without being described.
    fn add_required(&mut self, object: &mut Object, schema: &'a Members, at: &Location<'_>) {
        let mut required = self.required(schema, at);
        for property in &mut object.properties {
            property.required = required.remove(property.name.as_str());
        }
        for name in required {
            let shape = match object.rest {
                Rest::Ignored if object.patterns.is_empty() => Type::Json,
                Rest::Closed if object.patterns.is_empty() => Type::Never,
                _ => {
                    let name = Json::Text(name.to_owned());
                    let problem = format!("{name} is required, but has no type of its own");
                    let help = "describe it in `properties`";
                    self.refuse(Problem::new(at.member("required"), problem).help(help));
                    continue;
                }
            };
            object.properties.push(Property {
                name: name.to_owned(),
                docs: Docs::default(),
                required: true,
                shape,
            });
        }
    }

    fn required(&mut self, schema: &'a Members, at: &Location<'_>) -> BTreeSet<&'a str> {
        let at = at.member("required");
        let names = match schema.get("required") {
            None => return BTreeSet::new(),
            Some(Json::Array(names)) => names,
            Some(other) => {
                let problem = format!("`required` must be an array, but is {}", other.kind());
                self.refuse(Problem::new(at, problem));
                return BTreeSet::new();
            }
        };
        let mut required = BTreeSet::new();
        for (index, name) in names.iter().enumerate() {
            match name.as_text() {
                Some(name) => {
                    required.insert(name);
                }
                None => {
                    let problem = format!("`required` must name members, but {name} is not a name");
                    self.refuse(Problem::new(at.item(index), problem));
                }
            }
        }
        required
    }

    fn rest(&mut self, schema: &'a Members, at: &Location<'_>) -> Rest {
        match schema.get("additionalProperties") {
            None => Rest::Ignored,
            Some(Json::Boolean(false)) => Rest::Closed,
            Some(values) => Rest::Map(Box::new(
                self.schema(values, &at.member("additionalProperties")),
            )),
        }
    }

    fn patterns(&mut self, schema: &'a Members, at: &Location<'_>) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        let members = self.schemas(schema, "patternProperties", at);
        let at = at.member("patternProperties");
        for (expression, values) in members {
            self.check_pattern(expression, &at.member(expression));
            patterns.push(Pattern {
                expression: expression.to_owned(),
                shape: self.schema(values, &at.member(expression)),
            });
        }
        patterns
    }

    /// The schemas of a keyword that holds them by name.
    fn schemas(
        &mut self,
        schema: &'a Members,
        keyword: &str,
        at: &Location<'_>,
    ) -> Vec<(&'a str, &'a Json)> {
        match schema.get(keyword) {
            None => Vec::new(),
            Some(Json::Object(members)) => members.iter().collect(),
            Some(other) => {
                let problem = format!("`{keyword}` must be an object, but is {}", other.kind());
                self.refuse(Problem::new(at.member(keyword), problem));
                Vec::new()
            }
        }
    }
}
