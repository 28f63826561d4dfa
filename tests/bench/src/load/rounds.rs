//! Load that waits for its answers: everyone their own, or everyone the same. Every lap begins and ends with nothing under
//! way, so that what a server has spent meanwhile belongs to exactly the messages of the lap.

use std::time::{Duration, Instant};

use super::crowd::{Crowd, Kind};
use super::{LoadError, wrong};

/// How long one wait lasts at most.
const WAIT: Duration = Duration::from_millis(100);

/// What a lap was.
#[derive(Debug, Default)]
pub struct Lap {
    /// How many messages the clients have received.
    pub received: u64,
    /// From the first message sent to the last one received.
    pub elapsed: Duration,
    /// How long the clients have waited.
    pub latencies: Latencies,
}

/// How long each of many waits was.
#[derive(Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn note(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// The wait that this part of all waits does not exceed: 0.5 is the median. Nothing where nobody has waited.
    pub fn percentile(&mut self, part: f64) -> Option<Duration> {
        self.0.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index, and there are fewer waits than a float counts exactly"
        )]
        let index = ((self.0.len() as f64 * part).ceil() as usize).max(1) - 1;
        self.0.get(index).copied()
    }
}

/// Every client sends so many messages at once, and again as soon as all of them have come back, for this long. A wait lasts
/// from the sending to the last of them.
///
/// # Errors
///
/// Where a message is lost, comes twice, or is another.
pub fn echo(crowd: &mut Crowd, at_once: u32, time: Duration) -> Result<Lap, LoadError> {
    let frames = crowd.frames(Kind::Echo, at_once as usize)?;
    let mut lap = Lap::default();
    let begin = Instant::now();
    let mut waiting = vec![(begin, at_once); crowd.len()];
    let mut open = crowd.len();
    for (index, (sent, _)) in waiting.iter_mut().enumerate() {
        *sent = Instant::now();
        crowd.send(index, &frames)?;
    }
    let mut progress = crowd.progress();
    while open > 0 {
        let came = crowd.receive(Kind::Echo, WAIT, |index, peer| {
            lap.received += 1;
            let (sent, owed) = &mut waiting[index];
            let Some(still_owed) = owed.checked_sub(1) else {
                return wrong(format!(
                    "client {index} received a message that it did not send"
                ));
            };
            *owed = still_owed;
            if still_owed > 0 {
                return Ok(());
            }
            let now = Instant::now();
            lap.latencies.note(now - *sent);
            if now - begin < time {
                waiting[index] = (now, at_once);
                return peer.send(&frames);
            }
            open -= 1;
            Ok(())
        })?;
        progress.note(came, || format!("{open} clients wait for their messages"))?;
    }
    lap.elapsed = begin.elapsed();
    Ok(lap)
}

/// One client sends so many broadcasts at once, and another client the next ones as soon as everyone has received all of
/// them, for this long. A wait lasts from the sending to the last delivery.
///
/// # Errors
///
/// Where a client does not receive each broadcast once.
pub fn fan_out(crowd: &mut Crowd, at_once: u32, time: Duration) -> Result<Lap, LoadError> {
    let frames = crowd.frames(Kind::Broadcast, at_once as usize)?;
    let mut lap = Lap::default();
    let begin = Instant::now();
    for sender in (0..crowd.len()).cycle() {
        let sent = Instant::now();
        if sent - begin >= time {
            break;
        }
        crowd.send(sender, &frames)?;
        let mut owed = vec![at_once; crowd.len()];
        let mut open = crowd.len();
        let mut progress = crowd.progress();
        while open > 0 {
            let came = crowd.receive(Kind::Broadcast, WAIT, |index, _| {
                lap.received += 1;
                let Some(still_owed) = owed[index].checked_sub(1) else {
                    return wrong(format!("client {index} received a broadcast twice"));
                };
                owed[index] = still_owed;
                open -= usize::from(still_owed == 0);
                Ok(())
            })?;
            progress.note(came, || format!("{open} clients wait for a broadcast"))?;
        }
        lap.latencies.note(sent.elapsed());
    }
    lap.elapsed = begin.elapsed();
    Ok(lap)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Latencies;

    #[test]
    fn a_percentile_is_a_wait_that_has_been_measured() {
        let mut latencies = Latencies((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(latencies.percentile(0.5), Some(Duration::from_millis(50)));
        assert_eq!(latencies.percentile(0.99), Some(Duration::from_millis(99)));
        assert_eq!(latencies.percentile(1.0), Some(Duration::from_millis(100)));
        assert_eq!(latencies.percentile(0.0), Some(Duration::from_millis(1)));
        assert_eq!(Latencies::default().percentile(0.5), None);
    }
}
