//! The contract as a file.

use serde::Serialize;
use serde_json::Value;

use super::Contract;
use super::definitions::{Definitions, Described, Event};
use super::hash::hash;
use super::rules;
use crate::event::WhenSlow;

/// The reason why a contract cannot be exported. Its message lists every problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contract `{contract}` cannot be exported:\n{}", problems.iter().map(|problem| format!("- {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct ContractError {
    contract: &'static str,
    problems: Vec<String>,
}

impl ContractError {
    /// Returns the problems, each as a sentence that says where it is and what to do.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// Returns the text of a contract's file: a JSON Schema 2020-12 document with the payload types in its `$defs`, and the
/// event table.
///
/// The same types produce the same bytes.
///
/// # Errors
///
/// Returns an error if clients could not rely on what the types say: if two types have the same name, if a type is
/// named like the contract (`MyChat` in `my-chat`) or like something that every client exports (`ServerEvents`,
/// `ClientEvents`, `Requests`, `ServerMessage`), if nothing checks a limit, or if the variants of an error are not
/// distinguished by `code`. Only programs with debug assertions, such as tests, also find lengths that are not counted
/// in characters, limits that are missing from the schema, and maps whose keys schemars forgot.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::WsEvent;
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
/// ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
///
/// let file = ws_core::contract::contract_file::<Room>()?;
/// assert!(file.contains(r#""name": "room.say""#));
/// # Ok::<(), ws_core::contract::ContractError>(())
/// ```
pub fn contract_file<C: Contract>() -> Result<String, ContractError> {
    let described = Described::of::<C>();
    let problems = rules::broken(C::NAME, &described);
    if !problems.is_empty() {
        return Err(ContractError {
            contract: C::NAME,
            problems,
        });
    }
    let file = File {
        schema: "https://json-schema.org/draft/2020-12/schema",
        comment: "Generated from Rust types by ws_core::contract. Do not edit.",
        title: C::NAME,
        contract: Table {
            format: 1,
            name: C::NAME,
            hash: hash(&described),
            events: described.events.iter().map(Row::of).collect(),
        },
        definitions: described
            .definitions
            .iter()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect(),
    };
    let text = serde_json::to_string_pretty(&file).map_err(|error| ContractError {
        contract: C::NAME,
        problems: vec![error.to_string()],
    })?;
    Ok(text + "\n")
}

/// Returns the hash of a contract, which a client sends in its `hello`: 32 hexadecimal digits that cover whatever
/// matters on the wire.
pub fn contract_hash<C: Contract>() -> String {
    hash(&Described::of::<C>())
}

/// The file, its members in the order in which they are read.
#[derive(Serialize)]
struct File {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "$comment")]
    comment: &'static str,
    title: &'static str,
    #[serde(rename = "x-ws-contract")]
    contract: Table,
    #[serde(rename = "$defs")]
    definitions: Definitions,
}

#[derive(Serialize)]
struct Table {
    format: u32,
    name: &'static str,
    hash: String,
    events: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    from: &'static str,
    payload: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    #[serde(skip_serializing_if = "str::is_empty")]
    docs: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    /// How often a client may send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<String>,
    /// What becomes of it where its receiver is slow, unless that is disconnected.
    #[serde(rename = "whenSlow", skip_serializing_if = "Option::is_none")]
    when_slow: Option<&'static str>,
    /// How it goes through channels, unless a client that comes back is given it.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<&'static str>,
}

impl Row {
    fn of(event: &Event) -> Self {
        Self {
            name: event.spec.name,
            from: event.from,
            payload: event.payload.clone(),
            reply: event.reply.clone(),
            error: event.error.clone(),
            docs: event.spec.docs,
            deprecated: event.spec.deprecated,
            rate: event.spec.rate.map(|rate| rate.to_string()),
            when_slow: (event.spec.when_slow != WhenSlow::default())
                .then_some(event.spec.when_slow.as_str()),
            delivery: event.spec.ephemeral.then_some("ephemeral"),
        }
    }
}
