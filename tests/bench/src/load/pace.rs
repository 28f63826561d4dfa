//! Load at a fixed rate, whatever the server makes of it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::crowd::{Crowd, Kind};
use super::rounds::Lap;
use super::{LoadError, wrong};

/// The clients send in turn, so many messages a second together, for this long. A wait lasts from the moment at which a
/// message was due, even where it was sent late: a server that stands still makes everyone wait whom it keeps from sending.
///
/// # Errors
///
/// Where a message is lost, comes twice, or is another.
pub fn paced(crowd: &mut Crowd, rate: u32, time: Duration) -> Result<Lap, LoadError> {
    let frame = crowd.frames(Kind::Echo, 1)?;
    let mut lap = Lap::default();
    let mut due = vec![VecDeque::new(); crowd.len()];
    let interval = Duration::from_secs(1) / rate;
    let begin = Instant::now();
    let mut next = begin;
    let mut senders = (0..crowd.len()).cycle();
    let mut under_way = 0_u64;
    let mut progress = crowd.progress();
    while next - begin < time || under_way > 0 {
        while next - begin < time
            && next <= Instant::now()
            && let Some(sender) = senders.next()
        {
            crowd.send(sender, &frame)?;
            due[sender].push_back(next);
            next += interval;
            under_way += 1;
        }
        // To wait by the clock of the kernel would be too coarse: this looks again at once.
        let came = crowd.receive(Kind::Echo, Duration::ZERO, |index, _| {
            lap.received += 1;
            under_way -= 1;
            match due[index].pop_front() {
                Some(due) => lap.latencies.note(due.elapsed()),
                None => {
                    return wrong(format!(
                        "client {index} received a message that it did not send"
                    ));
                }
            }
            Ok(())
        })?;
        progress.note(came, || format!("{under_way} messages are lost"))?;
    }
    lap.elapsed = begin.elapsed();
    Ok(lap)
}
