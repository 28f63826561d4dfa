//! Types of other crates.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Times {
    utc: DateTime<Utc>,
    offset: DateTime<FixedOffset>,
    optional: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LocalTimes {
    date: NaiveDate,
    time: NaiveTime,
    both: NaiveDateTime,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Ids {
    uuid: Uuid,
    uuids: Vec<Uuid>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UserId(Uuid);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Links {
    url: Url,
    maybe: Option<Url>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Money {
    amount: Decimal,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Json {
    any: Value,
    object: Map<String, Value>,
    list: Vec<Value>,
    optional: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AnyJson(Value);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Spans {
    range: std::ops::Range<i32>,
    inclusive: std::ops::RangeInclusive<u8>,
    bound: std::ops::Bound<u8>,
}

#[serde_with::serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Durations {
    #[serde_as(as = "ws_core::adapter::Millis")]
    millis: Duration,
    #[serde_as(as = "Option<ws_core::adapter::Millis>")]
    optional: Option<Duration>,
}

keep!(
    "foreign":
    Times, LocalTimes, Ids, UserId, Links, Money, Json, AnyJson, Spans, Durations,
);
