//! Reading and writing the log of a channel.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use redis::{Cmd, Value, cmd};

use super::commands::Commands;
use super::connector::Address;
use super::failure::Failure;
use super::follow::{self, Reading};
use super::frame::{self, Contents};
use super::keys::ChannelKeys;
use super::lease::NodeName;
use super::orders::Order;
use super::reply;
use super::script::{PAGE, PUBLISH};
use crate::cluster::{Frame, GapReason, Message, Retention};
use crate::protocol::Position;

/// The most entries and the most bytes that are read at once. They must arrive within the time of a call, and hold up the calls
/// behind it meanwhile. The longest entries have a quarter of that.
const LARGEST_PAGE: (u64, u64) = (256, 1024 * 1024);

/// A frame that is to be appended.
#[derive(Debug)]
pub(super) struct Post {
    /// The mark of the publication. It is the same for each attempt, which tells a second one.
    pub(super) mark: u64,
    pub(super) count: usize,
    pub(super) bytes: Vec<u8>,
    pub(super) retention: Retention,
    /// Whether this renews the life of the log.
    pub(super) renews: bool,
    /// Where the log stood, at least, before the first attempt.
    pub(super) since: u64,
    /// The node that appends it, and its number among all that this node appends. `None` where a second one would do no harm.
    producer: Option<(u64, u64)>,
    /// The number of the last frame of this node that the log has acknowledged, or 0: it takes this one behind that only.
    acknowledged: AtomicU64,
    /// Whether an attempt was made whose outcome is not known.
    attempted: AtomicBool,
    /// Where an earlier attempt was in the log, or 0. Where too few replicas had it, it may be gone.
    at: AtomicU64,
    /// The orders to end connections among the messages, which are also kept apart from the log.
    pub(super) order: Option<Order>,
}

impl Post {
    pub(super) fn new(mark: u64, mut bytes: Vec<u8>, count: usize, retention: Retention) -> Self {
        frame::set_mark(&mut bytes, mark);
        Self {
            mark,
            count,
            bytes,
            retention,
            renews: true,
            since: 0,
            producer: None,
            acknowledged: AtomicU64::new(0),
            attempted: AtomicBool::new(false),
            at: AtomicU64::new(0),
            order: None,
        }
    }

    pub(super) fn renewing(self, renews: bool) -> Self {
        Self { renews, ..self }
    }

    pub(super) fn after(self, since: u64) -> Self {
        Self { since, ..self }
    }

    /// Sets the node that appends it, and its number. A node appends to one channel in the order of these numbers.
    pub(super) fn numbered(self, node: u64, number: u64) -> Self {
        Self {
            producer: Some((node, number)),
            ..self
        }
    }

    /// Its number among all that the node appends.
    pub(super) fn number(&self) -> Option<u64> {
        let (_, number) = self.producer?;
        Some(number)
    }

    /// Sets the number of the last frame of the node that was acknowledged: where the log does not have that, this is not
    /// appended.
    pub(super) fn set_acknowledged(&self, number: u64) {
        self.acknowledged.store(number, Ordering::Relaxed);
    }

    /// Notes that an attempt is made. Whether it is not the first.
    pub(super) fn attempt(&self) -> bool {
        self.attempted.swap(true, Ordering::Relaxed)
    }

    /// Sets the orders among its messages.
    pub(super) fn ordering(self, messages: &[Message], node: NodeName) -> Self {
        let order = Order::among(messages, self.mark, node);
        Self { order, ..self }
    }
}

/// What the log has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Appended {
    pub(super) at: Position,
    /// How many nodes it was published to. `None` where it was there already.
    pub(super) heard_by: Option<usize>,
}

/// The mark of a publication, or of the first of several. Positive as a signed number, wherever one may be made of it.
pub(super) fn random_mark() -> u64 {
    rand::random_range(1..=u64::MAX >> 2)
}

/// Appends a frame, and waits for the replicas that must have it. `again` is where the log stood before the first attempt,
/// where this is not the first one.
pub(super) async fn append(
    commands: &Commands,
    keys: &ChannelKeys,
    publish: &str,
    post: &Post,
    again: Option<u64>,
) -> Result<Appended, Failure> {
    let since = again.unwrap_or(0);
    // Where the earlier attempt was lost in a failover, one number is skipped: the retry is not to be taken for its successor.
    // Where it was is only known if it was answered. If not, it was above `since`, and a log that went back behind that appends
    // the retry below it.
    let at = post.at.load(Ordering::Relaxed);
    let above = if at > 0 { at + 1 } else { 0 };
    // An attempt that finds the entry writes so much, so that there is something to wait for.
    let life = if post.renews || again.is_some() {
        life(post.retention.age())
    } else {
        0
    };
    let (node, number) = post.producer.unwrap_or_default();
    let answered = commands
        .calls_then(
            keys.partition,
            &redis::pipe(),
            &PUBLISH,
            &[&keys.seq, &keys.log, &keys.topic, &keys.appended(node)],
            &[
                post.mark.to_string().as_bytes(),
                post.count.to_string().as_bytes(),
                &post.bytes,
                post.retention.messages().to_string().as_bytes(),
                life.to_string().as_bytes(),
                publish.as_bytes(),
                since.to_string().as_bytes(),
                above.to_string().as_bytes(),
                number.to_string().as_bytes(),
                post.acknowledged
                    .load(Ordering::Relaxed)
                    .to_string()
                    .as_bytes(),
            ],
        )
        .await?;
    let mut parts = answered
        .last()
        .and_then(|answer| reply::array(answer.clone()))
        .unwrap_or_default()
        .into_iter();
    let at = parts
        .next()
        .and_then(reply::bytes)
        .and_then(|id| reply::position(&id))
        .ok_or_else(|| Failure::nonsense("a publication"))?;
    let heard_by = parts
        .next()
        .and_then(|count| usize::try_from(reply::integer(&count)?).ok());
    post.at.fetch_max(at.seq, Ordering::Relaxed);
    // One that is no longer the owner may have taken it alone. The next attempt finds it where it is at the owner, too.
    if !commands.is_from_owner(&answered, keys.partition) {
        return Err(Failure::Away(
            "another server has taken over from the one that has answered".to_owned(),
        ));
    }
    commands.replicated(&answered).await?;
    Ok(Appended { at, heard_by })
}

/// The shortest life of a log: whoever begins one is to find it.
const SHORTEST_LIFE: Duration = Duration::from_secs(10);

/// The number of the frame that a node has appended last, as it stands under [`ChannelKeys::appended`], or 0.
pub(super) fn number_of(appended: Value) -> u64 {
    let text = reply::text(appended).unwrap_or_default();
    let number = text
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    number.unwrap_or(0)
}

/// How long a log lives without a sign of life, in milliseconds. Signs are given after a quarter of its age.
fn life(age: Duration) -> u64 {
    let age = age.saturating_add(age / 4).max(SHORTEST_LIFE);
    u64::try_from(age.as_millis())
        .unwrap_or(u64::MAX)
        .min(u64::MAX >> 12)
}

/// The keys of a log, and how long they live from now on, in milliseconds: the number outlives the log.
pub(super) fn lives(keys: &ChannelKeys, retention: Retention) -> [(&str, u64); 2] {
    let life = life(retention.age());
    [(&keys.log, life), (&keys.seq, life + 86_400_000)]
}

/// A channel's log, as one server has it.
#[derive(Clone, Copy)]
pub(super) struct Log<'a> {
    pub(super) commands: &'a Commands,
    pub(super) keys: &'a ChannelKeys,
    /// Without one, it is that of the owner.
    pub(super) server: Option<&'a Address>,
}

impl Log<'_> {
    async fn call(&self, call: &Cmd) -> Result<Value, Failure> {
        let partition = self.keys.partition;
        self.commands.call_at(self.server, partition, call).await
    }
}

/// Reads what follows a position; without a position, the end of the log. Begins a log that has no entry.
pub(super) async fn read(
    log: Log<'_>,
    publish: &str,
    beginning: impl FnOnce() -> Post,
    request: follow::ReadRequest,
) -> Result<Reading, Failure> {
    if let Some(reading) = read_what_is_there(log, request).await? {
        return Ok(reading);
    }
    append(log.commands, log.keys, publish, &beginning(), None).await?;
    // The server that is asked may not own it any more.
    let reading = read_what_is_there(log, request).await?;
    reading.ok_or_else(|| Failure::Away("a log that was just begun is gone".to_owned()))
}

async fn read_what_is_there(
    log: Log<'_>,
    request: follow::ReadRequest,
) -> Result<Option<Reading>, Failure> {
    let Some(from) = request.from else {
        return Ok(newest(log).await?.map(Reading::Newest));
    };
    let why = match behind(log, from).await? {
        Ok(Page { frames, more }) => return Ok(Some(Reading::Continues { frames, more })),
        Err(why) => why,
    };
    let Page { frames, more } = page(log, request.oldest).await?;
    if frames.is_empty() {
        // The log has lost more than this node remembers.
        let newest = newest(log).await?;
        return Ok(newest.map(|newest| Reading::Elsewhere { why, newest }));
    }
    Ok(Some(Reading::Broken { why, frames, more }))
}

pub(super) async fn newest(log: Log<'_>) -> Result<Option<Frame>, Failure> {
    let mut range = cmd("XREVRANGE");
    range.arg(&log.keys.log).arg("+").arg("-");
    range.arg("COUNT").arg(1);
    Ok(frames(log.call(&range).await?)?.pop())
}

/// The number with which the log begins.
pub(super) async fn beginning(log: Log<'_>) -> Result<Option<u64>, Failure> {
    // No entry has this mark, so of the first entry only the number is returned.
    let page = page_from(log, &log.keys.log, 0, Some(0)).await?;
    Ok(page.frames.first().and_then(Frame::first_seq))
}

/// What is read of a log at once.
pub(super) struct Page {
    pub(super) frames: Vec<Frame>,
    /// Whether there may be more behind it.
    pub(super) more: bool,
}

/// Reads what follows a position, from the frame that holds it on; or returns why that cannot be had. That costs little, because
/// clients may make up positions.
pub(super) async fn behind(
    log: Log<'_>,
    from: Position,
) -> Result<Result<Page, GapReason>, Failure> {
    let page = page_from(log, &log.keys.log, from.seq, Some(from.mark)).await?;
    Ok(Err(match page.frames.first() {
        Some(first) if first.contains(from) => return Ok(Ok(page)),
        Some(first) if first.first_seq().is_some_and(|first| first <= from.seq) => {
            GapReason::Forked
        }
        Some(_) if was_trimmed(log).await? => GapReason::Trimmed,
        _ => GapReason::Reset,
    }))
}

/// Reads what the log has from a number on.
async fn page(log: Log<'_>, from: u64) -> Result<Page, Failure> {
    page_of(log, &log.keys.log, from).await
}

/// Reads what a stream of the channel has from a number on, which is like its log.
pub(super) async fn page_of(log: Log<'_>, stream: &str, from: u64) -> Result<Page, Failure> {
    page_from(log, stream, from, None).await
}

/// The same, where the first entry has this mark. Where it has another one, nothing more is read.
async fn page_from(
    log: Log<'_>,
    stream: &str,
    from: u64,
    mark: Option<u64>,
) -> Result<Page, Failure> {
    let (most, most_bytes) = LARGEST_PAGE;
    let numbers = [Some(from), Some(most), Some(most_bytes), mark];
    let arguments = numbers.map(|number| number.map_or_else(String::new, |it| it.to_string()));
    let answer = log
        .commands
        .script_at(
            log.server,
            log.keys.partition,
            &PAGE,
            &[stream],
            &arguments.each_ref().map(|argument| argument.as_bytes()),
        )
        .await?;
    let mut parts = reply::array(answer).unwrap_or_default().into_iter();
    let (Some(more), Some(entries)) = (parts.next(), parts.next()) else {
        return Err(Failure::nonsense("a page of the log"));
    };
    Ok(Page {
        frames: frames(entries)?,
        more: reply::integer(&more) == Some(1),
    })
}

/// Whether the log had entries that it does not have any more.
async fn was_trimmed(log: Log<'_>) -> Result<bool, Failure> {
    let mut info = cmd("XINFO");
    info.arg("STREAM").arg(&log.keys.log);
    let answer = log.call(&info).await?;
    let fields = reply::array(answer).unwrap_or_default();
    let field = |name: &str| {
        let place = fields
            .iter()
            .position(|field| reply::text(field.clone()).as_deref() == Some(name))?;
        reply::integer(fields.get(place + 1)?)
    };
    Ok(field("entries-added") > field("length"))
}

fn frames(answer: Value) -> Result<Vec<Frame>, Failure> {
    let entries = reply::array(answer).ok_or_else(|| Failure::nonsense("XRANGE"))?;
    entries
        .into_iter()
        .map(|entry| self::entry(entry).ok_or_else(|| Failure::nonsense("XRANGE")))
        .collect()
}

fn entry(entry: Value) -> Option<Frame> {
    let mut parts = reply::array(entry)?.into_iter();
    let last = reply::position(&reply::bytes(parts.next()?)?)?;
    let fields = reply::array(parts.next()?)?;
    let bytes = reply::bytes(fields.into_iter().nth(1)?)?;
    Some(frame_at(last, &bytes.into()))
}

/// The frame of these bytes in the log.
pub(super) fn frame_at(last: Position, bytes: &Bytes) -> Frame {
    frame_with(last, frame::decode(bytes))
}

/// The frame of these contents in the log. Contents without messages become one blank message.
pub(super) fn frame_with(last: Position, contents: Option<Contents>) -> Frame {
    let messages = contents
        .map(|contents| contents.messages)
        .filter(|messages| !messages.is_empty());
    Frame::logged(last, messages.unwrap_or_else(|| vec![Message::Blank]))
}
