//! Points in time as a `Date`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_with::schemars_1::JsonSchemaAs;
use serde_with::{DeserializeAs, SerializeAs};

/// Serializes a point in time as RFC 3339, which is a `Date` in TypeScript.
///
/// It supports types that already serialize as RFC 3339, such as `chrono::DateTime<Utc>`. A `Date` has a resolution of
/// milliseconds: anything finer is lost in the client, and only there. The generator refuses a type whose schema does
/// not have `"format": "date-time"`.
#[derive(Debug)]
pub struct JsDate;

impl<T: Serialize> SerializeAs<T> for JsDate {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> DeserializeAs<'de, T> for JsDate {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

impl<T: JsonSchema> JsonSchemaAs<T> for JsDate {
    fn schema_name() -> Cow<'static, str> {
        format!("JsDate_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("x-ws-codec".into(), "date".into());
        schema
    }

    fn inline_schema() -> bool {
        true
    }
}
