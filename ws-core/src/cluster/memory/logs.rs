//! The logs of all channels. A log is kept as long as it is needed, and its messages until they expire.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Instant;

use super::log::Log;
use crate::cluster::{Arrival, Message, Retention};

/// The logs, by the names of their channels.
#[derive(Default)]
pub(super) struct Logs {
    by_channel: HashMap<String, Log>,
    /// The number of logs at which logs that are not needed are dropped.
    sweep_at: usize,
    /// When each log that keeps messages is to be looked at next, because its oldest have expired. So those of idle channels are
    /// dropped, too, as soon as something happens in any channel.
    expiries: BinaryHeap<Reverse<(Instant, String)>>,
}

impl Logs {
    pub(super) fn open(&mut self, channel: &str) -> &mut Log {
        if self.by_channel.len() >= self.sweep_at {
            self.by_channel.retain(|_, log| log.is_needed());
            // Doubling, so that sweeping costs each new log a constant share.
            self.sweep_at = 2 * self.by_channel.len() + 64;
        }
        self.by_channel.entry(channel.to_owned()).or_default()
    }

    pub(super) fn get_mut(&mut self, channel: &str) -> Option<&mut Log> {
        self.by_channel.get_mut(channel)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Log> {
        self.by_channel.values_mut()
    }

    /// Appends messages to a log, or goes past it, and tells every node.
    pub(super) fn publish(&mut self, channel: &str, retention: Retention, messages: Vec<Message>) {
        let log = self.open(channel);
        let frame = log.append(retention, messages);
        log.tell(&Arrival::Frame(frame));
        if log.watched.is_none()
            && let Some(at) = log.expires()
        {
            log.watched = Some(at);
            self.expiries.push(Reverse((at, channel.to_owned())));
        }
    }

    /// Drops what has expired.
    pub(super) fn expire(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, _))) = self.expiries.peek()
            && *at < now
            && let Some(Reverse((at, channel))) = self.expiries.pop()
        {
            let log = self.by_channel.get_mut(&channel);
            // It may be a newer log of the same name.
            let Some(log) = log.filter(|log| log.watched == Some(at)) else {
                continue;
            };
            log.trim();
            log.watched = log.expires();
            if let Some(next) = log.watched {
                self.expiries.push(Reverse((next, channel)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cluster::Target;
    use crate::protocol::Text;

    fn message() -> Vec<Message> {
        let (target, event) = (Target::All, Text::from("x".repeat(1_000)));
        vec![Message::Event { target, event }]
    }

    #[test]
    fn expired_history_of_idle_channels_does_not_stay_until_they_are_used_again() {
        let mut logs = Logs::default();
        let short = Retention::new(1_000, Duration::from_millis(1));
        for number in 0..100 {
            for _ in 0..10 {
                logs.publish(&format!("idle-{number}"), short, message());
            }
        }
        let kept = Retention::new(1_000, Duration::from_secs(600));
        logs.publish("kept", kept, message());
        let begun = Instant::now();
        let all = |logs: &mut Logs| -> usize { logs.iter_mut().map(|log| log.messages()).sum() };
        while all(&mut logs) > 1 {
            assert!(begun.elapsed() < Duration::from_secs(10), "it stays");
            // Something happens in another channel.
            logs.expire();
        }
        let left = (all(&mut logs), logs.expiries.len());
        assert_eq!(left, (1, 1), "but for what is kept");
        // A log that was emptied is watched again.
        logs.publish("idle-0", short, message());
        assert_eq!(logs.expiries.len(), 2);
    }

    #[test]
    fn an_age_without_end_is_one() {
        let mut logs = Logs::default();
        logs.publish("room", Retention::new(10, Duration::MAX), message());
        logs.expire();
        assert_eq!(logs.open("room").messages(), 1);
        assert!(logs.expiries.is_empty());
    }
}
