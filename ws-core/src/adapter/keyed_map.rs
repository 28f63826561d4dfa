//! Maps whose schema names the type of their keys.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Describes the schema of a map including the type of its keys, which in TypeScript is `{ [key: RoomId]: number }`.
///
/// schemars keeps numbers, enums and patterns as keys, and forgets all other types.
///
/// ```
/// # use std::collections::HashMap;
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// use ws_core::adapter::KeyedMap;
///
/// #[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
/// struct RoomId(String);
///
/// #[derive(Debug, Serialize, Deserialize, JsonSchema)]
/// struct Counts {
///     #[schemars(with = "KeyedMap<RoomId, u32>")]
///     by_room: HashMap<RoomId, u32>,
/// }
/// ```
#[derive(Debug)]
pub struct KeyedMap<K, V>(PhantomData<(K, V)>);

impl<K: JsonSchema, V: JsonSchema> JsonSchema for KeyedMap<K, V> {
    fn schema_name() -> Cow<'static, str> {
        format!("Map_from_{}_to_{}", K::schema_name(), V::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("KeyedMap<{}, {}>", K::schema_id(), V::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut key = generator.subschema_for::<K>();
        // Keys of JSON are texts.
        match key.get("type").and_then(|kind| kind.as_str()) {
            Some("boolean") => key = json_schema!({ "type": "string", "enum": ["true", "false"] }),
            Some("integer") => {
                let pattern = "^(0|-?[1-9][0-9]*)$";
                key = json_schema!({ "type": "string", "pattern": pattern });
            }
            _ => {}
        }
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<V>(),
            "propertyNames": key,
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
