//! Notes in Redis in which channels this node may have members, so that others can take them away when it is gone.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::timeout;

use super::enrol::{BATCH, LIFE};
use super::failure::Failure;
use super::keys::Partition;
use super::lease::NodeName;
use super::node::Node;

/// How long whoever joins a channel waits for the server of the leases, which need not be that of the channel.
const SOON: Duration = Duration::from_millis(200);

impl Node {
    /// Notes a channel, before Redis is told of a member there: of a node that is killed in between, nothing stays that nobody
    /// knows of. If the server of the leases does not answer soon, the channel is noted later, and nobody waits for that.
    pub(super) async fn list(&self, me: NodeName, channel: &str) {
        let is_noted = !self.commands.is_away(Partition::FIRST) && {
            let channels = [channel.to_owned()];
            let noted = timeout(SOON, self.note_channels(me, &channels)).await;
            matches!(noted, Ok(Ok(())))
        };
        if is_noted {
            if let Some(own) = self.presence.state().own.get_mut(channel) {
                own.is_listed = true;
            }
        } else {
            self.presence.list_later(me, channel);
        }
    }

    /// Notes all channels that are yet to be noted.
    pub(super) async fn list_all(&self) -> Result<(), Failure> {
        let unlisted = self.presence.state().unlisted.clone();
        let mut names: HashMap<NodeName, Vec<String>> = HashMap::new();
        for (name, channel) in unlisted {
            names.entry(name).or_default().push(channel);
        }
        for (name, channels) in names {
            for batch in channels.chunks(BATCH) {
                self.note_channels(name, batch).await?;
                let mut state = self.presence.state();
                for channel in batch {
                    state.unlisted.remove(&(name, channel.clone()));
                }
            }
        }
        Ok(())
    }

    async fn note_channels(&self, name: NodeName, channels: &[String]) -> Result<(), Failure> {
        let key = self.keys.channels_of(&name.to_string());
        let life = LIFE.as_millis() as u64;
        let mut pipeline = redis::pipe();
        pipeline.cmd("SADD").arg(&key).arg(channels);
        pipeline.cmd("PEXPIRE").arg(&key).arg(life);
        self.commands.calls(Partition::FIRST, &pipeline).await?;
        Ok(())
    }
}
