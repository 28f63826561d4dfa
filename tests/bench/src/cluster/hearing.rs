//! What one node has heard: every message once, or it is said what was wrong.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use memchr::memmem::Finder;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use crate::load::{LoadError, wrong};

/// How long the last messages may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one node has heard.
#[derive(Debug)]
pub(super) struct Hearing {
    heard: Mutex<Heard>,
    news: Notify,
    /// The turns of those who wait for what is heard here, and which of the nodes this is.
    turns: Option<(Arc<Turns>, usize)>,
}

#[derive(Debug, Default)]
struct Heard {
    /// A bit for each number.
    numbers: Vec<u64>,
    count: u64,
    last: Option<Instant>,
    wrong: Option<String>,
}

/// Who publishes takes a turn before each message, and there is one more for each that all nodes have heard: so many
/// messages are under way as there were turns in the beginning.
#[derive(Debug)]
pub(super) struct Turns {
    pub(super) left: Semaphore,
    heard: Vec<AtomicU64>,
    given: AtomicU64,
}

impl Turns {
    fn heard(&self, place: usize, count: u64) {
        self.heard[place].fetch_add(count, Ordering::SeqCst);
        let counts = self.heard.iter().map(|count| count.load(Ordering::SeqCst));
        let everywhere = counts.min().unwrap_or_default();
        let before = self.given.fetch_max(everywhere, Ordering::SeqCst);
        let new = everywhere.saturating_sub(before);
        self.left
            .add_permits(usize::try_from(new).unwrap_or_default());
    }
}

impl Hearing {
    /// Of a node that nobody has turns by.
    pub(super) fn alone() -> Arc<Self> {
        Self::with(None)
    }

    fn with(turns: Option<(Arc<Turns>, usize)>) -> Arc<Self> {
        Arc::new(Self {
            heard: Mutex::default(),
            news: Notify::new(),
            turns,
        })
    }

    /// Of so many nodes, which have their turns together.
    pub(super) fn of_nodes(count: usize) -> (Vec<Arc<Self>>, Arc<Turns>) {
        let turns = Arc::new(Turns {
            left: Semaphore::new(0),
            heard: (0..count).map(|_| AtomicU64::new(0)).collect(),
            given: AtomicU64::new(0),
        });
        let hearings = (0..count).map(|place| Self::with(Some((Arc::clone(&turns), place))));
        (hearings.collect(), turns)
    }

    /// Takes what came at once.
    pub(super) fn hear<'a>(&self, messages: impl IntoIterator<Item = &'a [u8]>) {
        let now = Instant::now();
        let mut heard = self.lock();
        let before = heard.count;
        for message in messages {
            heard.take(message);
        }
        heard.last = Some(now);
        let new = heard.count - before;
        drop(heard);
        if let Some((turns, place)) = &self.turns {
            turns.heard(*place, new);
        }
        self.news.notify_waiters();
    }

    /// Says that nothing more will be heard.
    pub(super) fn fail(&self, why: String) {
        self.lock().wrong.get_or_insert(why);
        self.news.notify_waiters();
    }

    /// Waits until all numbers below this one were heard, and says when the last one was.
    pub(super) async fn complete(&self, end: u64) -> Result<Instant, LoadError> {
        let complete = timeout(PATIENCE, async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                // From here on, news is not missed.
                news.as_mut().enable();
                {
                    let heard = self.lock();
                    if let Some(why) = &heard.wrong {
                        return wrong(why.clone());
                    }
                    if let (true, Some(last)) = (heard.count >= end, heard.last) {
                        return Ok(last);
                    }
                }
                news.await;
            }
        });
        complete.await.unwrap_or_else(|_| {
            wrong(format!(
                "a node heard {} of {end} messages",
                self.lock().count
            ))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn take(&mut self, message: &[u8]) {
        let Some(number) = number(message) else {
            let text = String::from_utf8_lossy(message);
            self.wrong.get_or_insert(format!("a node heard `{text}`"));
            return;
        };
        let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
        if word >= self.numbers.len() {
            self.numbers.resize((word + 1).next_power_of_two(), 0);
        }
        if self.numbers[word] & bit != 0 {
            self.wrong
                .get_or_insert(format!("a node heard message {number} twice"));
        }
        self.numbers[word] |= bit;
        self.count += 1;
    }
}

/// The member `id` of a message of the contract `bench`.
fn number(message: &[u8]) -> Option<u64> {
    static ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"id\":"));
    let behind = message.get(ID.find(message)? + ID.needle().len()..)?;
    let end = behind.iter().position(|digit| !digit.is_ascii_digit())?;
    let any = str::from_utf8(&behind[..end]).ok()?.parse::<u64>().ok();
    // A number beyond any benchmark would only take memory.
    any.filter(|number| *number < 1 << 32)
}

#[cfg(test)]
mod tests {
    use super::{Hearing, number};

    fn message(number: u64) -> Vec<u8> {
        format!(r#"{{"event":"bcast.msg","data":{{"room":"bench","id":{number},"user":"x"}}}}"#)
            .into_bytes()
    }

    #[test]
    fn the_number_of_a_message_is_its_id() {
        assert_eq!(number(&message(0)), Some(0));
        assert_eq!(number(&message(1_234_567)), Some(1_234_567));
        assert_eq!(number(br#"{"error":{"code":"x"}}"#), None);
        assert_eq!(number(&message(u64::MAX)), None);
    }

    #[tokio::test]
    async fn what_was_heard_once_is_complete_in_whatever_order() {
        let (hearings, _) = Hearing::of_nodes(1);
        for of in [2, 0, 1] {
            hearings[0].hear([&*message(of)]);
        }
        assert!(hearings[0].complete(3).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_missing_is_told() {
        let (hearings, _) = Hearing::of_nodes(1);
        hearings[0].hear([&*message(0)]);
        let why = hearings[0].complete(2).await.unwrap_err().to_string();
        assert_eq!(why, "a node heard 1 of 2 messages");
    }

    #[tokio::test]
    async fn what_came_twice_is_told() {
        let (hearings, _) = Hearing::of_nodes(1);
        hearings[0].hear([&*message(7), &*message(7)]);
        let why = hearings[0].complete(1).await.unwrap_err().to_string();
        assert_eq!(why, "a node heard message 7 twice");
    }

    #[test]
    fn there_is_another_turn_when_everybody_has_heard_a_message() {
        let (hearings, turns) = Hearing::of_nodes(2);
        hearings[0].hear([&*message(0), &*message(1)]);
        assert_eq!(turns.left.available_permits(), 0);
        hearings[1].hear([&*message(1)]);
        assert_eq!(turns.left.available_permits(), 1);
        hearings[1].hear([&*message(0)]);
        assert_eq!(turns.left.available_permits(), 2);
    }
}
