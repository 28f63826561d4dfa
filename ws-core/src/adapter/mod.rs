//! Adapters that choose how a single field is serialized, for Rust types that have no counterpart in JavaScript, or
//! several.
//!
//! An adapter tells three parties the same thing: serde serializes and deserializes the field accordingly, the contract
//! describes it accordingly, and the generated client converts it to the TypeScript type in the table below. Adapters
//! are used with the attribute `#[serde_as]` of the crate `serde_with`, placed above the derives, and they reach into
//! containers: `Option<IntString>`, `Vec<Base64>`, `HashMap<_, IntString>`.
//!
//! If a field needs an adapter and has none, `ws-codegen` refuses the contract. The server compiles without it, and the
//! test that exports the contract passes without it.
//!
//! | adapter | for | on the wire | in TypeScript |
//! |---|---|---|---|
//! | [`IntString`] | integers of any width | `"18446744073709551615"` | `bigint` |
//! | [`IntSafe`] | integers of 64 bits | a number up to 2^53 - 1, refused beyond it | `number` |
//! | [`Base64`] | bytes | `"aGk="` | `Uint8Array` |
//! | [`ByteNumbers`] | bytes | `[104, 105]` | `number[]` |
//! | [`JsDate`] | points in time that serialize as RFC 3339 | `"2026-11-23T09:45:00Z"` | `Date` |
//! | [`Millis`] | [`Duration`](std::time::Duration) | a number of milliseconds | `number` |
//! | [`NullableFloat`] | floats that may be infinite or NaN | a number, or `null` | `number \| null` |
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use serde_with::serde_as;
//! use ws_core::adapter::{Base64, IntString};
//!
//! #[serde_as]
//! #[derive(Debug, Serialize, Deserialize, JsonSchema)]
//! struct Upload {
//!     #[serde_as(as = "IntString")]
//!     id: u64,
//!     #[serde_as(as = "Vec<Base64>")]
//!     parts: Vec<Vec<u8>>,
//! }
//!
//! let upload = Upload { id: u64::MAX, parts: vec![b"hi".to_vec()] };
//! let text = serde_json::to_string(&upload)?;
//! assert_eq!(text, r#"{"id":"18446744073709551615","parts":["aGk="]}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! [`KeyedMap`] affects the schema only: it keeps the type of a map's keys, which schemars forgets.

mod bytes;
mod int_safe;
mod int_string;
mod js_date;
mod keyed_map;
mod millis;
mod nullable_float;

pub use bytes::{Base64, ByteNumbers};
pub use int_safe::IntSafe;
pub use int_string::IntString;
pub use js_date::JsDate;
pub use keyed_map::KeyedMap;
pub use millis::Millis;
pub use nullable_float::NullableFloat;

/// 2^53 - 1: up to here, and from its negative, a JavaScript number holds every integer.
const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// Describes values of a schema that does not depend on the adapted type. Such schemas are short, and stand where they
/// are used.
macro_rules! describe {
    ($([$($generics:tt)*])? $type:ty as $adapter:ty: $schema:tt) => {
        impl $(<$($generics)*>)? serde_with::schemars_1::JsonSchemaAs<$type> for $adapter {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($adapter).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }

            fn inline_schema() -> bool {
                true
            }
        }
    };
}
use describe;
