//! How an event comes to need a definition.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::definitions::Definitions;
use super::schema;

/// The way to each definition, for messages: `` `lists.get` > Lists > Page ``.
pub(super) type Routes = BTreeMap<String, String>;

/// A shortest way to every definition that `roots` lead to, each root with the name of its event.
pub(super) fn routes<'a>(
    roots: impl Iterator<Item = (&'static str, &'a Value)>,
    definitions: &'a Definitions,
) -> Routes {
    let mut routes = Routes::new();
    let mut open: VecDeque<(String, &Value)> = roots
        .map(|(event, schema)| (format!("`{event}`"), schema))
        .collect();
    while let Some((route, schema)) = open.pop_front() {
        for name in schema::references(schema) {
            if let (false, Some(definition)) = (routes.contains_key(name), definitions.get(name)) {
                let route = format!("{route} > {name}");
                routes.insert(name.to_owned(), route.clone());
                open.push_back((route, definition));
            }
        }
    }
    routes
}
