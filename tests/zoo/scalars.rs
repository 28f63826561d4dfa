//! Values without parts.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{NonZeroI8, NonZeroU8, NonZeroU32};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Small {
    a: i8,
    b: u8,
    c: i16,
    d: u16,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Wide {
    a: i32,
    b: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Floats {
    single: f32,
    double: f64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Texts {
    text: String,
    letter: char,
    path: PathBuf,
    boxed: Box<str>,
    cow: Cow<'static, str>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Flags {
    on: bool,
    nothing: (),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Addresses {
    any: IpAddr,
    four: Ipv4Addr,
    six: Ipv6Addr,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Nonzero {
    byte: NonZeroU8,
    signed: NonZeroI8,
    word: NonZeroU32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Empty {}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Unit;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Name(String);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Count(u32);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Share(f64);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Switch(bool);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Letter(char);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Wrapper(Name);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Color {
    Red,
    Green,
    Blue,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Documented {
    /// The first.
    First,
    Second,
    /// The third.
    Third,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Renamed {
    VeryFirst,
    #[serde(rename = "2nd */ \"quoted\"")]
    Second,
    #[serde(rename = "")]
    Nothing,
    #[serde(rename = "__proto__")]
    Proto,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Only {
    This,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Boxes {
    boxed: Box<u8>,
    count: Box<Count>,
}

keep!(
    "scalars":
    Small, Wide, Floats, Texts, Flags, Addresses, Nonzero, Empty, Unit, Name, Count, Share, Switch, Letter,
    Wrapper, Color, Documented, Renamed, Only, Boxes,
);
