//! Whether the nodes that follow a channel are back, after Redis was away. Until they are, no more is handed on than its log
//! keeps: they would come back to a log that has lost the beginning already.

use std::time::{Duration, Instant};

use redis::cmd;
use tokio::time::sleep;

use super::keys::ChannelKeys;
use super::log::Post;
use super::node::Node;
use super::reply;
use crate::protocol::Position;

/// How long those are waited for who do not come back: nodes may have gone for good meanwhile. It takes them half a second at
/// most to notice that Redis is back, and then to connect.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 2 });

/// How often it is looked whether they are back.
const PAUSE: Duration = Duration::from_millis(50);

/// The nodes that are to listen.
pub(super) struct Audience {
    /// So many were there before.
    expected: usize,
    /// Since when Redis is back, and where the log stood then.
    begun: Option<(Instant, u64)>,
    is_back: bool,
}

impl Node {
    /// Those who listened when this node published last. Of a channel that it does not follow, at least one.
    pub(super) fn audience(&self, channel: &str) -> Audience {
        let feed = self.feeds.get(channel);
        Audience {
            expected: feed.map_or(1, |feed| feed.audience()),
            begun: None,
            is_back: false,
        }
    }

    /// Waits until they are back, where half of what the log keeps was handed on, with what was appended last. The other half
    /// is for other nodes, which do the same, and for what is cut from the log in whole blocks.
    pub(super) async fn let_return(
        &self,
        audience: &mut Audience,
        keys: &ChannelKeys,
        post: &Post,
        at: Position,
    ) {
        if !post.retention.keeps_history() {
            // Nothing is cut off. Orders, which alone wait without a log, are kept elsewhere for those who are not back.
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
                // Or Redis is away again, which the next attempt will see.
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
