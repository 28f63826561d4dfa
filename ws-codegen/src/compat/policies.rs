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
                .then(|| Clash::new("may leave out messages", "relies on"))
        };
        let what = format!(
            "{policy} is now {}, no longer {}",
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
    let what = format!(
        "clients may now send {}, no longer {}",
        said(new.rate),
        said(old.rate)
    );
    let (lowered, raised) = (clash(old.rate), clash(new.rate));
    let takes = |limit: Option<&str>, sent: Option<&str>| match (limit, sent) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(limit), Some(sent)) => match (Rate::parse(limit), Rate::parse(sent)) {
            (Some(limit), Some(sent)) => limit.takes(sent),
            // Written in an unknown way.
            _ => false,
        },
    };
    let lowered = (!takes(new.rate, old.rate)).then_some(lowered);
    let raised = (!takes(old.rate, new.rate)).then_some(raised);
    let rule = match lowered {
        Some(_) => Rule::RateLowered,
        None => Rule::RateRaised,
    };
    note(new, rule, what, (lowered, raised), changes);
}

/// A rate as the export writes it: `10/s`, `10/min`, `10/h`. What a period allows may also come at once.
#[derive(Debug, Clone, Copy)]
struct Rate {
    times: u32,
    seconds: u32,
}

impl Rate {
    fn parse(rate: &str) -> Option<Self> {
        let (times, unit) = rate.split_once('/')?;
        let seconds = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3600,
            _ => return None,
        };
        let times = times.parse().ok()?;
        Some(Self { times, seconds })
    }

    /// Whether it allows everything that the other one does: as many at once, and as many in the long run.
    fn takes(self, other: Self) -> bool {
        let in_the_long_run =
            |one: Self, other: Self| u64::from(one.times) * u64::from(other.seconds);
        self.times >= other.times && in_the_long_run(self, other) >= in_the_long_run(other, self)
    }
}
