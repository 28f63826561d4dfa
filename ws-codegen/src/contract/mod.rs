//! The contract file as it is on disk: parsed, checked, and not yet understood as types.
//!
//! It knows the layout that `schemas/README.md` describes, and nothing of any target language. Schemas stay JSON here.

mod events;
mod json;
mod location;
mod names;

use std::collections::HashMap;

pub(crate) use events::{Event, Part, Side};
pub(crate) use json::{Json, Members};
pub(crate) use location::Location;

use crate::error::{ContractError, Problem, Report};

/// The maximum size of a contract file, in bytes: 16 MiB, about ten times a contract with 10,000 events.
///
/// A longer file is a mistake or an attack, and is refused before it is parsed.
pub const MAX_CONTRACT_BYTES: usize = 16 * 1024 * 1024;

/// The version of the file's layout that this generator reads.
const FORMAT: f64 = 1.0;

/// The annotation that makes a JSON Schema document a contract.
const TABLE: &str = "x-ws-contract";

/// A contract file whose table has been checked.
#[derive(Debug)]
pub(crate) struct Contract<'a> {
    /// The contract's name, which is safe as a file name.
    pub(crate) name: &'a str,
    /// 32 hexadecimal digits.
    pub(crate) hash: &'a str,
    /// All events, sorted by name.
    pub(crate) events: Vec<Event<'a>>,
    definitions: HashMap<&'a str, &'a Json>,
}

impl<'a> Contract<'a> {
    /// The schema of the definition `name`, and the name as the file has it.
    pub(crate) fn definition(&self, name: &str) -> Option<(&'a str, &'a Json)> {
        self.definitions
            .get_key_value(name)
            .map(|(name, schema)| (*name, *schema))
    }
}

/// Parses the text of a contract file.
pub(crate) fn parse(text: &str) -> Result<Json, ContractError> {
    if text.len() > MAX_CONTRACT_BYTES {
        return Err(ContractError::TooLarge {
            bytes: text.len(),
            limit: MAX_CONTRACT_BYTES,
        });
    }
    serde_json::from_str(text).map_err(|error| ContractError::NotJson {
        reason: error.to_string(),
    })
}

/// Checks everything about a contract file but its schemas.
pub(crate) fn check(document: &Json) -> Result<Contract<'_>, ContractError> {
    let mut report = Report::default();
    let contract = read(document, &mut report);
    report.finish(contract)
}

fn read<'a>(document: &'a Json, report: &mut Report) -> Option<Contract<'a>> {
    let root = Location::ROOT;
    let Some(members) = document.as_object() else {
        report.push(not_a_contract(&root, "is not a JSON object"));
        return None;
    };
    let at = root.member(TABLE);
    let Some(table) = members.get(TABLE) else {
        report.push(not_a_contract(&root, "has no member `x-ws-contract`"));
        return None;
    };
    let Some(table) = table.as_object() else {
        let problem = format!("`{TABLE}` must be an object, but is {}", table.kind());
        report.push(Problem::new(at, problem));
        return None;
    };
    if !check_format(table, &at, report) {
        return None;
    }
    let definitions = read_definitions(members, report);
    let name = names::read(table, "name", &at, report);
    let hash = read_hash(table, &at, report);
    let events = events::read(table, &at, report);
    Some(Contract {
        name: name?,
        hash: hash?,
        events,
        definitions,
    })
}

fn not_a_contract(at: &Location<'_>, why: &str) -> Problem {
    Problem::new(at, format!("this is not a contract file: it {why}"))
        .help("use the file that the crate of the server exports, usually `schemas/<name>.json`")
}

/// Whether the rest of the file can be read at all. A future layout may give every other member another meaning.
fn check_format(table: &Members, at: &Location<'_>, report: &mut Report) -> bool {
    let problem = match table.get("format") {
        Some(Json::Number(FORMAT)) => return true,
        Some(Json::Number(newer)) if *newer > FORMAT => Problem::new(
            at.member("format"),
            format!("the file has format {newer}, but this ws-codegen reads format {FORMAT}"),
        )
        .help("use the ws-codegen of the same release as the ws-core of the server"),
        Some(other) => Problem::new(
            at.member("format"),
            format!("`format` must be {FORMAT}, but is {}", short(other)),
        ),
        None => Problem::new(at, "the member `format` is missing"),
    };
    report.push(problem);
    false
}

fn read_definitions<'a>(members: &'a Members, report: &mut Report) -> HashMap<&'a str, &'a Json> {
    match members.get("$defs") {
        None => HashMap::new(),
        Some(Json::Object(definitions)) => definitions.iter().collect(),
        Some(other) => {
            let problem = format!("`$defs` must be an object, but is {}", other.kind());
            report.push(Problem::new(Location::ROOT.member("$defs"), problem));
            HashMap::new()
        }
    }
}

fn read_hash<'a>(table: &'a Members, at: &Location<'_>, report: &mut Report) -> Option<&'a str> {
    let hash = table.get("hash").and_then(Json::as_text);
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match hash {
        Some(hash) if hash.len() == 32 && hash.bytes().all(is_digit) => Some(hash),
        _ => {
            report.push(Problem::new(
                at.member("hash"),
                "`hash` must be 32 lower-case hexadecimal digits",
            ));
            None
        }
    }
}

/// A value for a message: scalars as they are, and anything longer by its kind.
fn short(value: &Json) -> String {
    match value {
        Json::Array(_) | Json::Object(_) => value.kind().to_owned(),
        Json::Text(text) if text.chars().count() > 60 => value.kind().to_owned(),
        scalar => scalar.to_string(),
    }
}
