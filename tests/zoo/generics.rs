//! Types with parameters, and types that hold themselves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Item {
    name: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pair<A, B> {
    one: A,
    other: B,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pages {
    texts: Page<String>,
    items: Page<Item>,
    pages: Page<Page<Item>>,
    options: Page<Option<u8>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pairs {
    plain: Pair<u8, String>,
    items: Pair<Item, Page<Item>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tree {
    value: u8,
    children: Vec<Tree>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Chain {
    value: u8,
    next: Option<Box<Chain>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Even {
    odd: Option<Box<Odd>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Odd {
    even: Option<Box<Even>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Formula {
    Number(f64),
    Sum(Vec<Formula>),
    Negated(Box<Formula>),
    Named { name: String, formula: Box<Formula> },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op")]
pub(crate) enum Tagged {
    Leaf {
        value: u8,
    },
    Node {
        left: Box<Tagged>,
        right: Box<Tagged>,
    },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Nested {
    Text(String),
    Map(BTreeMap<String, Nested>),
    List(Vec<Nested>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Grid<const N: usize> {
    cells: Vec<u16>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Grids {
    small: Grid<2>,
    large: Grid<3>,
}

keep!(
    "generics":
    Grids,
    Pages, Pairs, Tree, Chain, Even, Formula, Tagged, Nested,
);
