use std::num::{NonZeroI8, NonZeroU8, NonZeroU64};

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use ws_core::WsEvent;
use ws_core::adapter::{Base64, IntSafe};

use crate::problems;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "none")]
enum Silence {
    Said(Nothing),
}

#[test]
fn a_limit_that_nothing_checks_is_refused() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Unchecked {
        #[schemars(range(max = 10))]
        count: u8,
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "client", namespace = "limits")]
    enum Limits {
        Unchecked(Unchecked),
    }
    ws_core::contract!(Broken = "broken" { client: Limits, server: Silence });
    let problems = problems::<Broken>().concat();
    assert!(
        problems.contains("`limits.unchecked` has the limit `maximum`"),
        "{problems}"
    );
}

#[test]
fn what_a_type_is_by_itself_is_no_limit() {
    #[serde_as]
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Bounded {
        small: (i8, u8, i16, u16, i32, u32, f32),
        nonzero: (NonZeroU8, NonZeroI8),
        letter: char,
        none: [u8; 0],
        three: [bool; 3],
        #[serde_as(as = "(IntSafe, IntSafe, IntSafe)")]
        safe: (u64, i64, NonZeroU64),
        #[serde_as(as = "Base64")]
        key: [u8; 16],
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
    struct Checked {
        #[garde(range(max = 10))]
        count: u8,
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "client", namespace = "limits")]
    enum Limits {
        Bounded(Bounded),
        Checked(Checked),
    }
    ws_core::contract!(Sound = "sound" { client: Limits, server: Silence });
    assert!(ws_core::contract::contract_file::<Sound>().is_ok());
}
