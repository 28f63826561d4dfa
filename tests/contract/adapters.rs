use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use serde_with::serde_as;
use ws_core::adapter::{Base64, ByteNumbers, IntSafe, IntString, Millis, NullableFloat};

#[serde_as]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Adapted {
    #[serde_as(as = "IntString")]
    id: u64,
    #[serde_as(as = "Option<IntString>")]
    nonzero: Option<NonZeroU64>,
    #[serde_as(as = "IntSafe")]
    count: i64,
    #[serde_as(as = "Base64")]
    key: [u8; 4],
    #[serde_as(as = "ByteNumbers")]
    raw: Vec<u8>,
    #[serde_as(as = "Millis")]
    took: Duration,
    #[serde_as(as = "NullableFloat")]
    share: f64,
}

fn adapted() -> Adapted {
    Adapted {
        id: u64::MAX,
        nonzero: NonZeroU64::new(1),
        count: -7,
        key: *b"wxyz",
        raw: vec![1, 255],
        took: Duration::from_micros(1_500_900),
        share: f64::INFINITY,
    }
}

fn wire() -> Value {
    json!({
        "id": "18446744073709551615", "nonzero": "1", "count": -7, "key": "d3h5eg==", "raw": [1, 255], "took": 1500,
        "share": null,
    })
}

#[test]
fn adapters_write_and_read_what_their_schemas_say() {
    assert_eq!(serde_json::to_value(adapted()).unwrap(), wire());
    let read: Adapted = serde_json::from_value(wire()).unwrap();
    assert!(read.share.is_nan());
    let (share, took) = (0.5, Duration::from_millis(1500));
    assert_eq!(
        Adapted { share, ..read },
        Adapted {
            share,
            took,
            ..adapted()
        }
    );
}

#[test]
fn what_is_written_otherwise_is_refused() {
    for (member, values) in [
        (
            "id",
            json!([
                "007",
                "+7",
                "-0",
                "-7",
                "18446744073709551616",
                "",
                "7.0",
                7
            ]),
        ),
        ("nonzero", json!(["0", 1])),
        (
            "count",
            json!([
                9_007_199_254_740_992_i64,
                -9_007_199_254_740_992_i64,
                "7",
                0.5
            ]),
        ),
        (
            "key",
            json!([
                "d3h5",
                "d3h5eg",
                "d3h5eh==",
                "d3h5eg==\n",
                [119, 120, 121, 122]
            ]),
        ),
        ("raw", json!([[256], [-1], "AQ==", null])),
        (
            "took",
            json!([-1, 9_007_199_254_740_992_u64, 0.5, { "secs": 1, "nanos": 0 }]),
        ),
        ("share", json!(["NaN", true])),
    ] {
        for value in values.as_array().unwrap() {
            let mut changed = wire();
            changed[member] = value.clone();
            assert!(
                serde_json::from_value::<Adapted>(changed).is_err(),
                "{member}: {value}"
            );
        }
    }
}

#[test]
fn what_javascript_would_round_is_not_written() {
    for count in [1 << 53, i64::MIN] {
        let error = serde_json::to_string(&Adapted { count, ..adapted() }).unwrap_err();
        assert!(
            error.to_string().contains("JavaScript would round it"),
            "{error}"
        );
    }
    let took = Duration::MAX;
    assert!(serde_json::to_string(&Adapted { took, ..adapted() }).is_err());
}
