//! Questions about a payload type that trait bounds cannot ask: does it name itself, does it declare limits?
//!
//! An inherent item of `Probe<P>` is chosen where its bounds hold for the concrete type `P`, and the trait's item of the
//! same name where they do not. This works in generated code, which knows `P`, and nowhere else.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Judgement, Violation, WsEvent};

/// Asks about the payload type `P`.
#[derive(Debug)]
pub struct Probe<P>(PhantomData<P>);

impl<P: WsEvent> Probe<P> {
    /// `P` names itself.
    pub const NAMED: bool = true;
}

/// The answer for a payload that does not name itself.
pub trait Unnamed {
    /// `P` does not name itself.
    const NAMED: bool = false;
}

impl<P> Unnamed for Probe<P> {}

impl<P> Probe<P>
where
    P: garde::Validate,
    P::Context: Default,
{
    /// `P` declares limits.
    pub const LIMITED: bool = true;

    /// Checks the limits and returns the first that is violated.
    pub fn violation(payload: &P) -> Option<Violation> {
        let report = payload.validate().err()?;
        let (path, error) = report.iter().next()?;
        // garde's path comes innermost first. A newtype is transparent in JSON: garde gives it an empty segment.
        let segments = path.__iter().rev().map(|(_, segment)| segment.as_str());
        let segments = segments.filter(|segment| !segment.is_empty());
        Some(Violation::at(segments, error.message()))
    }
}

impl<P: Serialize + DeserializeOwned> Probe<P> {
    /// Reads a value that keeps its limits, and writes it again.
    pub fn rewrite(text: &str, violation: Violations<P>) -> Option<Judgement> {
        let rewritten = check(text, violation).and_then(|value| {
            let text = serde_json::to_string(&value);
            text.map(Some).map_err(|error| error.to_string())
        });
        Some(rewritten)
    }
}

/// The answer for a type that is not both written and read: it cannot be told what is written.
pub trait OneWay<P> {
    /// Nothing.
    fn rewrite(_: &str, _: Violations<P>) -> Option<Judgement> {
        None
    }
}

impl<P> OneWay<P> for Probe<P> {}

/// Reads a payload as the server does, and checks its limits.
pub fn read<P: DeserializeOwned>(text: &str, violation: Violations<P>) -> Option<Judgement> {
    Some(check(text, violation).map(|_| None))
}

fn check<P: DeserializeOwned>(text: &str, violation: Violations<P>) -> Result<P, String> {
    let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match violation(&value) {
        None => Ok(value),
        Some(violation) => Err(violation.to_string()),
    }
}

/// Looks for a limit that a value breaks.
pub type Violations<P> = fn(&P) -> Option<Violation>;

/// The answers for a payload without limits.
pub trait Unlimited<P> {
    /// `P` declares no limits.
    const LIMITED: bool = false;

    /// Nothing can be violated.
    fn violation(_: &P) -> Option<Violation> {
        None
    }
}

impl<P> Unlimited<P> for Probe<P> {}
