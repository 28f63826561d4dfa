//! Arrays and tuples.

use super::Lowering;
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{Array, ArrayLimits, Tuple, Type};

impl<'a> Lowering<'a> {
    pub(super) fn array(&mut self, schema: &'a Members, at: &Location<'_>) -> Type {
        let limits = self.array_limits(schema, at);
        let prefix = self.list(schema, "prefixItems", at);
        let items = schema.get("items");
        if !prefix.is_empty() {
            return self.tuple(prefix, items, &limits, at);
        }
        if limits.max_items == Some(0) || items == Some(&Json::Boolean(false)) {
            return self.tuple(prefix, Some(&Json::Boolean(false)), &limits, at);
        }
        let item = match items {
            None => Type::Json,
            Some(items) => self.schema(items, &at.member("items")),
        };
        Type::Array(Box::new(Array { item, limits }))
    }

    fn tuple(
        &mut self,
        prefix: &'a [Json],
        items: Option<&'a Json>,
        limits: &ArrayLimits,
        at: &Location<'_>,
    ) -> Type {
        let steps = at.member("prefixItems");
        let mut types = Vec::with_capacity(prefix.len());
        for (index, item) in prefix.iter().enumerate() {
            types.push(self.schema(item, &steps.item(index)));
        }
        let length = prefix.len() as u64;
        let ends = limits.max_items == Some(length) || items == Some(&Json::Boolean(false));
        let rest = match items {
            _ if ends => None,
            None => Some(Box::new(Type::Json)),
            Some(items) => Some(Box::new(self.schema(items, &at.member("items")))),
        };
        let required = limits.min_items.unwrap_or(0);
        let odd_end = limits.max_items.is_some_and(|max| max != length);
        if required > length || odd_end || limits.unique {
            let problem = "`minItems`, `maxItems` and `uniqueItems` do not fit the tuple that `prefixItems` describes";
            self.refuse(Problem::new(at, problem).help(
                "a tuple has `maxItems` equal to the length of `prefixItems`, and `minItems` not above it",
            ));
        }
        Type::Tuple(Tuple {
            // The cast is exact: the number is not above the length of a list in memory.
            required: required.min(length) as usize,
            items: types,
            rest,
        })
    }
}
