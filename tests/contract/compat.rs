//! Types that change: what `ws-codegen compat` says of their contracts is what serde does with their values.

use std::collections::BTreeMap;

use serde_json::Value;
use ws_codegen::Rollout;
use ws_core::Contract;

/// The types of one release, whose names are the same in each.
macro_rules! release {
    ($name:ident = $($types:item)*) => {
        mod $name {
            use schemars::JsonSchema;
            use serde::{Deserialize, Serialize};
            use ws_core::WsEvent;

            $(
                #[serde_with::serde_as(crate = "::serde_with")]
                #[derive(Debug, Serialize, Deserialize, JsonSchema)]
                $types
            )*

            #[derive(Debug, WsEvent)]
            #[ws(from = "client", namespace = "it")]
            pub(super) enum FromClient {
                GainsOptional(GainsOptional),
                GainsDefault(GainsDefault),
                GainsRequired(GainsRequired),
                LosesMember(LosesMember),
                StrictlyLosesMember(StrictlyLosesMember),
                StrictlyGainsOptional(StrictlyGainsOptional),
                BecomesOptional(BecomesOptional),
                BecomesRequired(BecomesRequired),
                Widens(Widens),
                Narrows(Narrows),
                Grows(Grows),
                Shrinks(Shrinks),
                GainsVariant(GainsVariant),
                LosesVariant(LosesVariant),
                ChangesTag(ChangesTag),
                ChangesType(ChangesType),
                BecomesText(BecomesText),
                Nests(Nests),
                Flattens(Flattens),
                Maps(Maps),
                Listed(Listed),
            }

            #[derive(Debug, WsEvent)]
            #[ws(from = "server", namespace = "it")]
            pub(super) enum FromServer {
                Told(Told),
            }

            ws_core::contract!(pub(super) Release = "release" { client: FromClient, server: FromServer });
        }
    };
}

release! { before =
    pub(super) struct GainsOptional { text: String }
    pub(super) struct GainsDefault { text: String }
    pub(super) struct GainsRequired { text: String }
    pub(super) struct LosesMember { text: String, more: bool }
    #[serde(deny_unknown_fields)]
    pub(super) struct StrictlyLosesMember { text: String, more: bool }
    #[serde(deny_unknown_fields)]
    pub(super) struct StrictlyGainsOptional { text: String }
    pub(super) struct BecomesOptional { text: String }
    pub(super) struct BecomesRequired { text: Option<String> }
    pub(super) struct Widens { count: u8 }
    pub(super) struct Narrows { count: i16 }
    enum Three { A, B, C }
    enum Two { A, B }
    pub(super) struct Grows { kind: Two }
    pub(super) struct Shrinks { kind: Three }
    #[serde(tag = "type")]
    enum Shape { Circle { r: f64 }, Square { a: f64 } }
    #[serde(tag = "type")]
    enum Shapes { Circle { r: f64 }, Square { a: f64 }, Dot }
    pub(super) struct GainsVariant { shape: Shape }
    pub(super) struct LosesVariant { shape: Shapes }
    pub(super) struct ChangesTag { shape: Shape }
    pub(super) struct ChangesType { value: bool }
    pub(super) struct BecomesText { #[serde_as(as = "ws_core::adapter::IntSafe")] id: u64 }
    struct Person { name: String, friends: Vec<Person> }
    pub(super) struct Nests { person: Option<Person> }
    pub(super) struct Flattens { text: String, name: String }
    pub(super) struct Maps { scores: std::collections::BTreeMap<String, u8> }
    pub(super) struct Listed { pair: (u8, String), all: Vec<Two> }
    pub(super) struct Told { text: String }
}

release! { after =
    pub(super) struct GainsOptional { text: String, more: Option<u8> }
    pub(super) struct GainsDefault { text: String, #[serde(default)] more: u8 }
    pub(super) struct GainsRequired { text: String, more: u8 }
    pub(super) struct LosesMember { text: String }
    #[serde(deny_unknown_fields)]
    pub(super) struct StrictlyLosesMember { text: String }
    #[serde(deny_unknown_fields)]
    pub(super) struct StrictlyGainsOptional { text: String, more: Option<u8> }
    pub(super) struct BecomesOptional { text: Option<String> }
    pub(super) struct BecomesRequired { text: String }
    pub(super) struct Widens { count: i32 }
    pub(super) struct Narrows { count: u8 }
    enum Three { A, B, C }
    enum Two { A, B }
    pub(super) struct Grows { kind: Three }
    pub(super) struct Shrinks { kind: Two }
    #[serde(tag = "type")]
    enum Shape { Circle { r: f64 }, Square { a: f64 } }
    #[serde(tag = "type")]
    enum Shapes { Circle { r: f64 }, Square { a: f64 }, Dot }
    #[serde(tag = "kind")]
    enum Kinds { Circle { r: f64 }, Square { a: f64 } }
    pub(super) struct GainsVariant { shape: Shapes }
    pub(super) struct LosesVariant { shape: Shape }
    pub(super) struct ChangesTag { shape: Kinds }
    pub(super) struct ChangesType { value: u8 }
    pub(super) struct BecomesText { #[serde_as(as = "ws_core::adapter::IntString")] id: u64 }
    struct Human { name: String, friends: Vec<Human>, #[serde(default)] age: u8 }
    pub(super) struct Nests { person: Option<Human> }
    struct Name { name: String }
    pub(super) struct Flattens { text: String, #[serde(flatten)] name: Name }
    pub(super) struct Maps { scores: std::collections::BTreeMap<String, u16> }
    pub(super) struct Listed { pair: (u8, String), all: Vec<Three> }
    pub(super) struct Told { text: String }
}

/// Which values of the old types serde makes into new ones, by event.
fn taken() -> BTreeMap<&'static str, fn(Value) -> bool> {
    macro_rules! table {
        ($($event:literal $type:ident,)*) => {
            BTreeMap::from([$((
                $event,
                (|value| serde_json::from_value::<after::$type>(value).is_ok()) as fn(Value) -> bool,
            )),*])
        };
    }
    table! {
        "it.gains-optional" GainsOptional,
        "it.gains-default" GainsDefault,
        "it.gains-required" GainsRequired,
        "it.loses-member" LosesMember,
        "it.strictly-loses-member" StrictlyLosesMember,
        "it.strictly-gains-optional" StrictlyGainsOptional,
        "it.becomes-optional" BecomesOptional,
        "it.becomes-required" BecomesRequired,
        "it.widens" Widens,
        "it.narrows" Narrows,
        "it.grows" Grows,
        "it.shrinks" Shrinks,
        "it.gains-variant" GainsVariant,
        "it.loses-variant" LosesVariant,
        "it.changes-tag" ChangesTag,
        "it.changes-type" ChangesType,
        "it.becomes-text" BecomesText,
        "it.nests" Nests,
        "it.flattens" Flattens,
        "it.maps" Maps,
        "it.listed" Listed,
    }
}

fn file<C: Contract>() -> String {
    ws_core::contract::contract_file::<C>().unwrap()
}

#[test]
fn a_new_server_takes_of_clients_of_before_what_compat_calls_safe_and_nothing_else() {
    let found = ws_codegen::compat(&file::<before::Release>(), &file::<after::Release>()).unwrap();
    let samples = ws_core::contract::samples::<before::Release>().unwrap();
    let samples: Vec<Value> = serde_json::from_str(&samples).unwrap();
    let broken = |event: &str| {
        let mut changes = found
            .changes()
            .iter()
            .filter(|it| it.event() == Some(event));
        changes.any(|change| change.reasons(Rollout::ServerFirst).next().is_some())
    };
    for (event, is_taken) in taken() {
        // Values of the types, and mutants of them that the old server takes as well, apart from members that it ignores.
        let sent = samples
            .iter()
            .filter(|it| it["event"] == event && it["from"] == "client");
        let sent: Vec<_> = sent
            .filter(|it| it["serde"] == true && it["mutation"].is_null())
            .map(|it| &it["data"])
            .collect();
        assert!(!sent.is_empty(), "{event}");
        let refused = sent.iter().find(|it| !is_taken((**it).clone()));
        let told: Vec<_> = found
            .changes()
            .iter()
            .filter(|it| it.event() == Some(event))
            .collect();
        assert_eq!(
            broken(event),
            refused.is_some(),
            "{event}: {refused:?}, {told:#?}"
        );
    }
}

#[test]
fn a_contract_of_rust_types_is_the_same_as_itself() {
    let contract = file::<after::Release>();
    assert_eq!(
        ws_codegen::compat(&contract, &contract).unwrap().changes(),
        []
    );
}
