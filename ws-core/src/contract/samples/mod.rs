//! Samples of what a contract's events carry, each with what serde makes of it. `ws-codegen conform` compares the
//! schemas, the generated validators and the generated types with them.

mod mutants;
mod values;

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::definitions::{Described, Event};
use super::{Contract, ContractError, contract_file};
use crate::event::Judge;
use mutants::{Change, Mutation, mutants};
pub(super) use values::Values;

/// How many samples of one payload, reply or error are made.
const MOST_SAMPLES: usize = 600;

/// Returns the text of a file of samples for `ws-codegen conform`.
///
/// The samples are values and mutants of everything that the contract's events carry, each with the verdict of serde,
/// and of garde if limits are declared. The same types produce the same bytes.
///
/// Call this in a test or in another program with debug assertions: without them, the verdicts of serde are not
/// compiled in. What the server serializes can only be judged if its type also implements `Deserialize`.
///
/// # Errors
///
/// Returns the same errors as [`contract_file`].
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::WsEvent;
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
/// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
/// let samples = ws_core::contract::samples::<Room>()?;
/// assert!(samples.contains(r#""data":{"text":""},"serde":true"#));
/// # Ok::<(), ws_core::contract::ContractError>(())
/// ```
pub fn samples<C: Contract>() -> Result<String, ContractError> {
    contract_file::<C>()?;
    let described = Described::of::<C>();
    let mut lines = Vec::new();
    for event in &described.events {
        let judges = event.spec.judges;
        let parts = [
            ("payload", Some(&event.payload), judges.payload),
            ("reply", event.reply.as_ref(), judges.reply),
            ("error", event.error.as_ref(), judges.error),
        ];
        for (part, schema, judge) in parts {
            if let Some(schema) = schema {
                let part = Part { event, part, judge };
                part.samples(&Values::new(&described.definitions).of(schema), &mut lines);
            }
        }
    }
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

/// Writes the file of [`samples`], and creates the directory that contains it.
///
/// # Errors
///
/// Returns an error if the contract cannot be exported or the file cannot be written.
pub fn write_samples<C: Contract>(path: impl AsRef<Path>) -> io::Result<()> {
    let samples = samples::<C>().map_err(io::Error::other)?;
    if let Some(folder) = path.as_ref().parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, samples)
}

/// Something that an event carries.
struct Part<'a> {
    event: &'a Event,
    part: &'static str,
    judge: Option<Judge>,
}

/// A line of the file.
#[derive(Serialize)]
struct Sample<'a> {
    event: &'a str,
    from: &'a str,
    part: &'a str,
    /// How it was made from a value of the schema; absent for such a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    mutation: Option<Mutation>,
    /// Where in it, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    data: &'a RawValue,
    /// Whether serde takes it, or would write it; absent where that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    serde: Option<bool>,
    /// Why serde does not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Part<'_> {
    fn samples(&self, values: &[Value], lines: &mut Vec<String>) {
        let mut seen = BTreeSet::new();
        let plain = values.iter().map(|value| (None, value.to_string()));
        let mut mutated = Vec::new();
        // A mutant of what is wrong already would say nothing about the mutation.
        for (value, (_, text)) in values.iter().zip(plain.clone()) {
            if self
                .judge
                .and_then(|judge| judge(&text))
                .is_none_or(|verdict| verdict.is_ok())
            {
                mutated.extend(mutants(value));
            }
        }
        // Not the first ones: those would be mutants of one place.
        let step = mutated.len().div_ceil(MOST_SAMPLES).max(1);
        let mutated = mutated.into_iter().step_by(step);
        let mutated = mutated.map(|(change, value)| (Some(change), value.to_string()));
        for (change, text) in plain.chain(mutated) {
            self.judge(change.as_ref(), text, &mut seen, lines);
        }
    }

    fn judge(
        &self,
        change: Option<&Change>,
        text: String,
        seen: &mut BTreeSet<String>,
        lines: &mut Vec<String>,
    ) {
        if !seen.insert(text.clone()) {
            return;
        }
        let is_read = self.event.from == "client" && self.part == "payload";
        match self.judge.and_then(|judge| judge(&text)) {
            Some(verdict) if is_read => {
                lines.extend(self.line(change, &text, Some(verdict.is_ok()), verdict.err()));
            }
            // What is read may be another value than what is written: only the latter is certain.
            Some(Ok(Some(written))) => {
                if written == text || seen.insert(written.clone()) {
                    lines.extend(self.line(None, &written, Some(true), None));
                }
                if written != text {
                    lines.extend(self.line(change, &text, None, None));
                }
            }
            _ => lines.extend(self.line(change, &text, None, None)),
        }
    }

    fn line(
        &self,
        change: Option<&Change>,
        data: &str,
        serde: Option<bool>,
        why: Option<String>,
    ) -> Option<String> {
        let data = RawValue::from_string(data.to_owned()).ok()?;
        let sample = Sample {
            event: self.event.spec.name,
            from: self.event.from,
            part: self.part,
            mutation: change.map(|change| change.mutation),
            place: change.map(|change| change.place.as_str()),
            data: &data,
            serde,
            why,
        };
        serde_json::to_string(&sample).ok()
    }
}
