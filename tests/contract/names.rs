use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;

use crate::{definitions, problems};

mod books {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Page {
        pub(crate) number: u32,
    }
}

mod lists {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Page {
        pub(crate) items: Vec<String>,
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct List {
        pub(crate) pages: Vec<Page>,
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "none")]
enum Nobody {
    Asks(Nothing),
}

#[test]
fn types_of_one_name_are_refused_with_the_paths_to_both() {
    #[derive(Debug, WsEvent)]
    #[ws(from = "server", namespace = "shelf")]
    enum Shelf {
        Book(books::Page),
        List(lists::List),
    }
    ws_core::contract!(Colliding = "colliding" { client: Nobody, server: Shelf });

    let problems = problems::<Colliding>();
    assert_eq!(problems.len(), 1, "{problems:?}");
    for part in [
        "two types have the name `Page`",
        "names::books::Page`, reached by `shelf.book` > Page",
        "names::lists::Page`, reached by `shelf.list` > List > Page2",
        "#[schemars(rename = \"…\")]",
    ] {
        assert!(
            problems[0].contains(part),
            "{part} is not in {}",
            problems[0]
        );
    }
}

#[test]
fn a_type_called_like_its_contract_or_like_a_table_of_the_client_is_refused() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct MyZoo {
        requests: Requests,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Requests {}
    #[derive(Debug, WsEvent)]
    #[ws(from = "server", namespace = "animals")]
    enum Animals {
        Zoo(MyZoo),
    }
    ws_core::contract!(Named = "my-zoo" { client: Nobody, server: Animals });
    ws_core::contract!(Otherwise = "zoo" { client: Nobody, server: Animals });

    let way_out =
        "give the type that `animals.zoo` reaches another name: #[schemars(rename = \"…\")]";
    let of_contract =
        format!("two types would be named `MyZoo`; the other is the contract itself; {way_out}");
    let of_table = format!(
        "two types would be named `Requests`; the other is the table of requests; {way_out}"
    );
    assert_eq!(problems::<Named>(), [of_contract, of_table.clone()]);
    assert_eq!(problems::<Otherwise>(), [of_table]);
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Item {
    name: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Batch<T> {
    items: Vec<T>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Texts {
    batch: Batch<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Items {
    batch: Batch<Item>,
}

#[test]
fn names_do_not_depend_on_the_order_of_events() {
    #[derive(Debug, WsEvent)]
    #[ws(from = "server")]
    enum Forwards {
        #[ws(name = "a.texts")]
        Texts(Texts),
        #[ws(name = "b.items")]
        Items(Items),
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "server")]
    enum Backwards {
        #[ws(name = "a.items")]
        Items(Items),
        #[ws(name = "b.texts")]
        Texts(Texts),
    }
    ws_core::contract!(One = "one" { client: Nobody, server: Forwards });
    ws_core::contract!(Other = "other" { client: Nobody, server: Backwards });

    let names = definitions::<One>();
    assert_eq!(names, definitions::<Other>());
    let names: Vec<_> = names.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "BatchOfItem",
            "BatchOfString",
            "Item",
            "Items",
            "Nothing",
            "Texts"
        ]
    );
}

#[test]
fn a_type_called_like_what_the_server_accepts_of_another_is_refused() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Draft {
        text: Option<String>,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct DraftInput {
        number: u8,
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "client", namespace = "drafts")]
    enum Drafts {
        Save(Draft),
        Count(DraftInput),
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "server", namespace = "drafts")]
    enum Saved {
        Saved(Draft),
    }
    ws_core::contract!(Writing = "writing" { client: Drafts, server: Saved });

    let problems = problems::<Writing>().concat();
    assert!(
        problems.contains("two types have the name `DraftInput`"),
        "{problems}"
    );
    assert!(
        problems.contains("what the server accepts as a `Draft`"),
        "{problems}"
    );
}

#[test]
fn a_variant_whose_name_is_a_keyword_of_rust_has_an_event_without_its_prefix() {
    #[derive(Debug, WsEvent)]
    #[ws(from = "server", namespace = "raw")]
    enum Keywords {
        r#Type(Item),
        r#MatchMe(Texts),
    }
    ws_core::contract!(Raw = "raw" { client: Nobody, server: Keywords });

    let file = ws_core::contract::contract_file::<Raw>().unwrap();
    for name in [r#""name": "raw.type""#, r#""name": "raw.match-me""#] {
        assert!(file.contains(name), "{file}");
    }
}
