//! Arrays and tuples.

use super::Lowering;
use crate::contract::{Json, Location, Members};
use crate::error::Problem;
use crate::model::{Array, ArrayLimits, IntegerFormat, Tuple, Type};

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
        if limits.max_items.is_none() && schema.get("x-ws-codec").is_none() && is_byte(&item) {
            self.refuse(bytes(at));
        }
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
                "`maxItems` of a tuple must equal the length of `prefixItems`, and `minItems` must not exceed it",
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

/// Whether a type is `u8`, without any limit that would say that it is meant as a number.
fn is_byte(item: &Type) -> bool {
    match item {
        Type::Number(number) => {
            let limits = &number.limits;
            let free = limits.minimum == Some(0.0) && limits.maximum == Some(255.0);
            number.format == Some(IntegerFormat::Uint8) && free && limits.multiple_of.is_none()
        }
        _ => false,
    }
}

fn bytes(at: &Location<'_>) -> Problem {
    Problem::new(at, "bytes as an array of numbers take several times their length, and are rarely intended")
        .help("`#[serde_as(as = \"Base64\")]` of `ws_core::adapter`: base64 on the wire, a `Uint8Array` in TypeScript")
        .help("`#[serde_as(as = \"ByteNumbers\")]`, if an array of numbers is intended")
}
