//! Those who say whether a sample is valid, except serde.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::str::FromStr;
use std::sync::Arc;
use std::{fs, io};

use jsonschema::ValidationOptions;
use serde_json::{Value, json};
use tempfile::TempDir;
use ws_codegen::{ContractError, Emit, Options, ValidatorName};

use super::fault::Fault;
use super::literal::literal;
use super::samples::Sample;

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("error: {0}")]
    Samples(String),
    #[error("{0}")]
    Contract(#[from] ContractError),
    #[error("error: the generated client cannot be written: {0}")]
    Files(#[from] io::Error),
    #[error("error: {program} cannot be run: {why}")]
    Program { program: String, why: String },
}

/// What a generated validator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Validity {
    Valid,
    Invalid(Fault),
    /// Invalid, for a reason that types of TypeScript do not know: a range, a length, a format.
    BeyondTypes(Fault),
}

impl Validity {
    pub(super) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Valid => None,
            Self::Invalid(fault) | Self::BeyondTypes(fault) => Some(fault),
        }
    }
}

/// Runs the generated validators; its argument is the folder of the client.
const VALIDATE: &str = include_str!("validate.mjs");

/// By a JSON Schema validator of somebody else.
pub(super) fn by_schema(contract: &str, samples: &[Sample]) -> Result<Vec<Option<Fault>>, Failure> {
    let refused = |why: &dyn std::fmt::Display| {
        Failure::Samples(format!("the contract is not a JSON Schema: {why}"))
    };
    let document: Value = serde_json::from_str(contract).map_err(|error| refused(&error))?;
    let events = document
        .pointer("/x-ws-contract/events")
        .and_then(Value::as_array);
    let mut validators = HashMap::new();
    for event in events.into_iter().flatten() {
        for part in ["payload", "reply", "error"] {
            let (Some(name), Some(from), Some(schema)) = (
                event["name"].as_str(),
                event["from"].as_str(),
                event.get(part),
            ) else {
                continue;
            };
            let schema = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "allOf": [schema],
                "$defs": document["$defs"],
            });
            let validator = formats()?.build(&schema).map_err(|error| refused(&error))?;
            validators.insert((name, from, part), validator);
        }
    }
    let judged = samples.iter().map(|sample| {
        let validator = validators.get(&(&*sample.event, &*sample.from, &*sample.part));
        let validator = validator.ok_or_else(|| unknown(sample))?;
        Ok(Fault::of_schema(validator, &sample.value()))
    });
    judged.collect()
}

/// Formats: those of JSON Schema, and those that a contract has beside them.
fn formats() -> Result<ValidationOptions<'static>, Failure> {
    fn is<T: FromStr>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }
    let date_time = jsonschema::options()
        .should_validate_formats(true)
        .build(&json!({ "format": "date-time" }))
        .map_err(|error| Failure::Samples(error.to_string()))?;
    let date_time = Arc::new(date_time);
    let same = Arc::clone(&date_time);
    Ok(jsonschema::options()
        .should_validate_formats(true)
        .with_format("int64", is::<i64>)
        .with_format("int128", is::<i128>)
        .with_format("uint64", is::<u64>)
        .with_format("uint128", is::<u128>)
        .with_format("ip", is::<IpAddr>)
        .with_format("partial-date-time", move |text: &str| {
            date_time.is_valid(&json!(format!("{text}Z")))
        })
        .with_format("partial-time", move |text: &str| {
            same.is_valid(&json!(format!("2026-11-23T{text}Z")))
        }))
}

/// A generated client, in a folder of its own.
#[derive(Debug)]
pub(super) struct Client {
    folder: TempDir,
    name: String,
    validators: Vec<ValidatorName>,
}

impl Client {
    /// Generates the client in terms of the wire: samples are JSON, so that nothing is branded or converted.
    pub(super) fn generate(contract: &str) -> Result<Self, Failure> {
        let options = Options::default()
            .with_emit(Emit::Js)
            .with_brands(false)
            .with_codecs(false);
        let files = ws_codegen::typescript(contract, &options)?;
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("runtime"))?;
        fs::write(
            folder.path().join("package.json"),
            r#"{ "type": "module" }"#,
        )?;
        fs::write(folder.path().join("validate.mjs"), VALIDATE)?;
        let name = files
            .iter()
            .find_map(|file| file.path.strip_suffix(".validators.js"));
        let name = name.unwrap_or_default().to_owned();
        for file in &files {
            fs::write(folder.path().join(&file.path), &file.contents)?;
        }
        let validators = ws_codegen::validators(contract, &options)?;
        Ok(Self {
            folder,
            name,
            validators,
        })
    }

    fn validator(&self, sample: &Sample) -> Result<&ValidatorName, Failure> {
        let mut validators = self.validators.iter();
        let found = validators.find(|it| {
            it.event == sample.event && it.from == sample.from && it.part == sample.part
        });
        found.ok_or_else(|| unknown(sample))
    }

    /// By the generated validators, which Node.js runs.
    pub(super) fn by_validators(
        &self,
        node: &Path,
        samples: &[Sample],
    ) -> Result<Vec<Validity>, Failure> {
        let mut lines = String::new();
        for sample in samples {
            let constant = &self.validator(sample)?.constant;
            let _ = writeln!(lines, "{}", json!([constant, sample.text()]));
        }
        fs::write(self.folder.path().join("samples.jsonl"), lines)?;
        let output = run(Command::new(node)
            .arg("validate.mjs")
            .arg(&self.name)
            .current_dir(&self.folder))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let verdicts: Vec<Validity> = text.lines().filter_map(verdict).collect();
        if !output.status.success() || verdicts.len() != samples.len() {
            return Err(Failure::Program {
                program: node.display().to_string(),
                why: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        Ok(verdicts)
    }

    /// By the generated types: each sample is a type of its own, which is assigned to the type of its payload.
    pub(super) fn by_types(&self, tsc: &Path, samples: &[Sample]) -> Result<Vec<bool>, Failure> {
        let tables = ["ClientEvents", "Requests", "ServerEvents"].join(", ");
        let mut source = format!(
            "import type {{ {tables} }} from \"./{}.js\";\nexport type All = [{tables}];\ntype Fits<Value, Type> = [Value] extends [Type] ? true : false;\n",
            self.name
        );
        let before = source.lines().count();
        for (index, sample) in samples.iter().enumerate() {
            let validated = &self.validator(sample)?.validated;
            let _ = writeln!(
                source,
                "export const s{index}: Fits<{}, {validated}> = true;",
                literal(&sample.value())
            );
        }
        fs::write(self.folder.path().join("samples.ts"), source)?;
        let strictest = json!({
            "compilerOptions": {
                "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true, "noEmit": true,
                "target": "ES2022", "module": "ESNext", "moduleResolution": "Bundler", "lib": ["ES2023", "DOM"],
                "types": [], "pretty": false,
            },
            "files": ["samples.ts"],
        });
        fs::write(
            self.folder.path().join("tsconfig.json"),
            strictest.to_string(),
        )?;
        let output = run(Command::new(tsc)
            .args(["-p", "tsconfig.json"])
            .current_dir(&self.folder))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut refused = BTreeSet::new();
        for line in text.lines().filter(|line| !line.starts_with(' ')) {
            // samples.ts(12,14): error TS2322: Type 'true' is not assignable to type 'false'.
            let place = line
                .strip_prefix("samples.ts(")
                .and_then(|rest| rest.split_once(','));
            let number = place.and_then(|(number, _)| number.parse::<usize>().ok());
            match number.and_then(|number| number.checked_sub(before + 1)) {
                Some(index) if line.contains("TS2322") => refused.insert(index),
                _ => {
                    return Err(Failure::Program {
                        program: tsc.display().to_string(),
                        why: line.to_owned(),
                    });
                }
            };
        }
        Ok((0..samples.len())
            .map(|index| !refused.contains(&index))
            .collect())
    }
}

/// A line of what the validators print: a letter, and after it where and why, if the sample is invalid.
fn verdict(line: &str) -> Option<Validity> {
    let (verdict, fault) = line.split_at_checked(1)?;
    let fault = || {
        let (place, expected) = serde_json::from_str::<(String, String)>(fault).ok()?;
        Some(Fault {
            place,
            why: format!("expected {expected}"),
        })
    };
    match verdict {
        "1" => Some(Validity::Valid),
        "0" => fault().map(Validity::Invalid),
        "L" => fault().map(Validity::BeyondTypes),
        _ => None,
    }
}

fn run(command: &mut Command) -> Result<Output, Failure> {
    let output = command.output();
    output.map_err(|error| Failure::Program {
        program: command.get_program().to_string_lossy().into_owned(),
        why: error.to_string(),
    })
}

fn unknown(sample: &Sample) -> Failure {
    Failure::Samples(format!(
        "the contract has no {} of the {} event `{}`: are contract and samples of the same types?",
        sample.part, sample.from, sample.event
    ))
}
