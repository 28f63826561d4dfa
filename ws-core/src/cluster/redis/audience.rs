//! Whether the nodes that follow a channel are back after Redis was away. Until they are, no more is handed on than its log keeps:
//! otherwise they would come back to a log that has already lost the beginning.

use std::time::{Duration, Instant};

use redis::cmd;
use tokio::time::sleep;

use super::keys::ChannelKeys;
use super::log::Post;
use super::node::Node;
use super::reply;
use crate::protocol::Position;

/// How long to wait for nodes that do not come back: they may have ended meanwhile. A node notices within half a second that Redis
/// is back, and then connects.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 2 });

/// How often to look whether they are back.
const PAUSE: Duration = Duration::from_millis(50);

/// The nodes that are to listen.
pub(super) struct Audience {
    /// How many there were before.
    expected: usize,
    /// When Redis came back, and where the log stood then.
    begun: Option<(Instant, u64)>,
    is_back: bool,
}

impl Node {
    /// The nodes that listened when this node published last; at least one where it does not follow the channel.
    pub(super) fn audience(&self, channel: &str) -> Audience {
        let feed = self.feeds.get(channel);
        Audience {
            expected: feed.map_or(1, |feed| feed.audience()),
            begun: None,
            is_back: false,
        }
    }

    /// Waits until they are back, once half of what the log keeps was handed on. The other half is for other nodes, which do the
    /// same, and for what is cut from the log in whole blocks.
    pub(super) async fn let_return(
        &self,
        audience: &mut Audience,
        keys: &ChannelKeys,
        post: &Post,
        at: Position,
    ) {
        if !post.retention.keeps_history() {
            // Nothing is cut off: without a log only orders wait, and these are kept elsewhere for nodes that are not back.
            return;
        }
        let before = at.seq.saturating_sub(post.count as u64);
        let (since, before) = *audience.begun.get_or_insert((Instant::now(), before));
        let half = post.retention.messages() as u64 / 2;
        if audience.is_back || at.seq.saturating_sub(before) < half {
            return;
        }
        while since.elapsed() < PATIENCE {
            match self.listeners(keys).await {
                Some(listeners) if listeners < audience.expected => sleep(PAUSE).await,
                // Redis may be away again, which the next attempt will find.
                _ => break,
            }
        }
        audience.is_back = true;
    }

    /// How many nodes listen.
    async fn listeners(&self, keys: &ChannelKeys) -> Option<usize> {
        let mut publish = cmd(self.words.publish);
        // A push that says nothing.
        publish.arg(&keys.topic).arg("");
        let answer = self.commands.call(keys.partition, &publish).await.ok()?;
        usize::try_from(reply::integer(&answer)?).ok()
    }
}
