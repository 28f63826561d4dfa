//! What is declared of an event beside its types: docs, rates, and what becomes of it on a slow or broken connection.

use super::Rule;
use super::change::Change;
use super::difference::Clash;
use super::events::note;
use super::walk::docs;
use crate::contract::Event;
use crate::model::Docs;

/// Compares what is declared of an event beside its types.
pub(super) fn policies(old: &Event<'_>, new: &Event<'_>, changes: &mut Vec<Change>) {
    let words = |event: &Event<'_>| Docs {
        text: event.docs.trim().to_owned(),
        deprecated: event.deprecated,
        default: None,
    };
    for (rule, what) in docs(&words(old), &words(new)) {
        note(new, rule, what, (None, None), changes);
    }
    rates(old, new, changes);
    let said = |policy: Option<&str>| match policy {
        Some(policy) => format!("`{policy}`"),
        None => "the default".to_owned(),
    };
    let policies = [
        (
            Rule::WhenSlowChanged,
            "`when_slow`",
            old.when_slow,
            new.when_slow,
        ),
        (
            Rule::DeliveryChanged,
            "the delivery",
            old.delivery,
            new.delivery,
        ),
    ];
    for (rule, policy, before, after) in policies {
        if before == after {
            continue;
        }
        // Without a policy, no message is left out.
        let clash = |sent: Option<&str>| {
            sent.is_some()
                .then(|| Clash::new("may leave out messages", "counts on"))
        };
        let what = format!(
            "{policy} is {}, and no longer {}",
            said(after),
            said(before)
        );
        note(new, rule, what, (clash(before), clash(after)), changes);
    }
}

fn rates(old: &Event<'_>, new: &Event<'_>, changes: &mut Vec<Change>) {
    if old.rate == new.rate {
        return;
    }
    let said = |rate: Option<&str>| rate.map_or("without a limit".to_owned(), str::to_owned);
    let clash = |sent: Option<&str>| {
        let sends = format!("may send {}", said(sent));
        Clash::new(sends, "answers with `ws.rate_limited`")
    };
    let speed = |rate: Option<&str>| rate.map_or(Some(f64::INFINITY), per_second);
    let what = format!(
        "clients may send {}, and no longer {}",
        said(new.rate),
        said(old.rate)
    );
    let (lowered, raised) = (clash(old.rate), clash(new.rate));
    match (speed(old.rate), speed(new.rate)) {
        (Some(before), Some(after)) if after < before => {
            note(new, Rule::RateLowered, what, (Some(lowered), None), changes);
        }
        (Some(before), Some(after)) if after > before => {
            note(new, Rule::RateRaised, what, (None, Some(raised)), changes);
        }
        // As many in the long run, and another number at once; or a rate that is written in an unknown way.
        _ => note(
            new,
            Rule::RateLowered,
            what,
            (Some(lowered), Some(raised)),
            changes,
        ),
    }
}

/// A rate as the export writes it: `10/s`, `10/min`, `10/h`.
fn per_second(rate: &str) -> Option<f64> {
    let (times, unit) = rate.split_once('/')?;
    let seconds = match unit {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(times.parse::<u32>().ok()? as f64 / seconds)
}
