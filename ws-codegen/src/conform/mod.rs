//! `ws-codegen conform`: whether serde, the schemas, the generated validators and the generated types agree on samples.
//!
//! serde's verdicts come with the samples, which the server's crate writes (`ws_core::contract::samples`). A validator of
//! somebody else judges by the schemas, Node.js runs the generated validators, and `tsc` says which samples are values of
//! the generated types.

mod fault;
mod judges;
mod literal;
mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use fault::Fault;
pub(crate) use judges::Failure;
use judges::Validity;
use samples::{Mutation, Sample};

/// How many disagreements are written out.
const SHOWN: usize = 40;

/// What is compared, and with what.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) contract: String,
    pub(crate) samples: String,
    pub(crate) node: PathBuf,
    /// Without a compiler, the generated types are not looked at.
    pub(crate) tsc: Option<PathBuf>,
    /// Why there may be disagreements on an event.
    pub(crate) known: BTreeMap<String, String>,
}

/// What the judges say about one sample.
#[derive(Debug)]
struct Verdicts {
    serde: Option<bool>,
    /// What is wrong by the schema.
    schema: Option<Fault>,
    validator: Validity,
    types: Option<bool>,
}

/// What a comparison found.
#[derive(Debug)]
pub(crate) enum Outcome {
    Agreement(String),
    Disagreement(String),
}

/// Compares the judges.
pub(crate) fn conform(comparison: &Comparison) -> Result<Outcome, Failure> {
    let samples = samples::read(&comparison.samples).map_err(Failure::Samples)?;
    let client = judges::Client::generate(&comparison.contract)?;
    let schema = judges::by_schema(&comparison.contract, &samples)?;
    let validator = client.by_validators(&comparison.node, &samples)?;
    let types = match &comparison.tsc {
        Some(tsc) => client
            .by_types(tsc, &samples)?
            .into_iter()
            .map(Some)
            .collect(),
        None => vec![None; samples.len()],
    };
    let mut report = String::new();
    let mut count = 0;
    let mut met = BTreeSet::new();
    let verdicts = schema.into_iter().zip(validator).zip(types);
    for (sample, ((schema, validator), types)) in samples.iter().zip(verdicts) {
        let verdicts = Verdicts {
            serde: sample.serde,
            schema,
            validator,
            types,
        };
        if let Some(why) = verdicts.disagreement(sample) {
            if comparison.known.contains_key(&sample.event) {
                met.insert(&sample.event);
                continue;
            }
            count += 1;
            if count <= SHOWN {
                verdicts.describe(sample, why, &mut report);
            }
        }
    }
    let asked = if comparison.tsc.is_some() {
        "tsc"
    } else {
        "not tsc, which was not found: set its path with --tsc"
    };
    let who = format!("serde, the schemas, the validators and {asked}");
    for event in comparison.known.keys().filter(|event| !met.contains(event)) {
        count += 1;
        let _ = writeln!(
            report,
            "there is no disagreement on `{event}`, although it is listed as known\n"
        );
    }
    if count == 0 {
        let judged = samples
            .iter()
            .filter(|sample| sample.serde.is_some())
            .count();
        return Ok(Outcome::Agreement(format!(
            "{} samples, {judged} of them judged by serde: agreement of {who}, except on {} events that are listed as known",
            samples.len(),
            met.len()
        )));
    }
    if count > SHOWN {
        let _ = writeln!(report, "… and {} more\n", count - SHOWN);
    }
    Ok(Outcome::Disagreement(format!(
        "{report}error: disagreement on {count} of {} samples among {who}",
        samples.len()
    )))
}

impl Verdicts {
    /// Why these verdicts must not be, if so.
    fn disagreement(&self, sample: &Sample) -> Option<&'static str> {
        let valid = self.serde.unwrap_or(self.schema.is_none());
        if self.schema.is_none() != valid {
            return Some("the schema and serde differ");
        }
        if (self.validator == Validity::Valid) != valid {
            return Some("the validator and the schema differ");
        }
        match (self.types, valid) {
            // TypeScript takes members that nobody knows for a mistake where it sees no others.
            (Some(false), true) if sample.mutation != Some(Mutation::Surplus) => {
                Some("the type refuses a valid value")
            }
            // TypeScript knows no ranges, no formats, and no end of an object's members.
            (Some(true), false) if matches!(self.validator, Validity::BeyondTypes(_)) => None,
            (Some(true), false)
                if matches!(sample.mutation, Some(Mutation::Kind | Mutation::Missing)) =>
            {
                Some("the type takes an invalid value")
            }
            _ => None,
        }
    }

    fn describe(&self, sample: &Sample, why: &str, report: &mut String) {
        let say = |verdict: Option<bool>| match verdict {
            Some(true) => "valid",
            Some(false) => "invalid",
            None => "not asked",
        };
        let _ = writeln!(
            report,
            "{why}: {} of the {} event `{}`\n  {}\n  serde: {}, schema: {}, validator: {}, type: {}",
            sample.part,
            sample.from,
            sample.event,
            sample.shown(),
            say(self.serde),
            say(Some(self.schema.is_none())),
            say(Some(self.validator == Validity::Valid)),
            say(self.types),
        );
        if let Some(place) = &sample.place {
            let _ = writeln!(
                report,
                "  the sample was made by a change {}",
                at(place, sample)
            );
        }
        if let Some(why) = &sample.why {
            let _ = writeln!(report, "  serde says: {why}");
        }
        let faults = [
            ("schema", self.schema.as_ref()),
            ("validator", self.validator.fault()),
        ];
        for (judge, fault) in faults {
            if let Some(Fault { place, why }) = fault {
                let _ = writeln!(report, "  the {judge} says: {why}, {}", at(place, sample));
            }
        }
        report.push('\n');
    }
}

/// A place of a sample, and what stands there.
fn at(place: &str, sample: &Sample) -> String {
    match (place, sample.shown_at(place)) {
        ("", _) => "at the top level".to_owned(),
        (_, Some(value)) => format!("at {place}, which is {value}"),
        (_, None) => format!("at {place}, which is absent"),
    }
}
