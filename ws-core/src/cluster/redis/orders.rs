//! Orders to end connections, kept apart from the log: for nodes that hear of them late, and not from the log, because it does not
//! reach back that far, or because there is none.
//!
//! The last order for everyone covers all before it, and has a key of its own. Orders for single users have a stream of their own,
//! each under its number and the mark of its publication.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use redis::{Value, cmd};

use super::failure::Failure;
use super::feed::{Feed, LastOrders, Missed};
use super::frame;
use super::keys::ChannelKeys;
use super::lease::NodeName;
use super::log::{self, Log};
use super::node::Node;
use super::reply;
use super::script::ORDER;
use crate::cluster::Message;

/// How long an order that was found waits for the log, so that it is carried out after what was sent before it.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How long orders are kept.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// How many publications with orders for single users are kept of a channel: at most 66 MB. A publication has 64 KiB of messages
/// at most, or a single one; the longest of these has a user of 65,535 bytes and a reason of 123, and so a frame of 65,692.
const MOST: &[u8] = b"1000";

/// The orders of one publication.
#[derive(Debug)]
pub(super) enum Order {
    /// What the key of the last order for everyone is to hold.
    Everyone(Vec<u8>),
    /// A frame of the orders for single users.
    Users(Vec<u8>),
}

impl Order {
    /// The orders among the messages of a publication. One for everyone covers those for single users beside it.
    pub(super) fn among(messages: &[Message], mark: u64, node: NodeName) -> Option<Self> {
        let is_for_everyone = |message: &&Message| is_for_everyone(message);
        if let Some(order) = messages.iter().rev().find(is_for_everyone) {
            let frame = frame::encode_messages(node, std::slice::from_ref(order));
            let value = [format!("{mark} ").as_bytes(), &frame].concat();
            return Some(Self::Everyone(value));
        }
        let orders = messages.iter().filter(|message| is_order(message));
        let orders: Vec<Message> = orders.cloned().collect();
        (!orders.is_empty()).then(|| Self::Users(frame::encode_messages(node, &orders)))
    }
}

/// The last order to disconnect everyone and its mark, as its key holds it.
pub(super) fn everyone(value: Value) -> Option<(u64, Message)> {
    let bytes = reply::bytes(value)?;
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let mark = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let contents = frame::decode(&Bytes::from(bytes).slice(space + 1..))?;
    let mut messages = contents.messages.into_iter();
    Some((mark, messages.find(is_for_everyone)?))
}

/// The number of the last order to disconnect single users: 0 where there is none.
pub(super) fn number(value: &Value) -> u64 {
    let number = reply::integer(value).and_then(|number| u64::try_from(number).ok());
    number.unwrap_or(0)
}

fn is_order(message: &Message) -> bool {
    matches!(message, Message::Disconnect { .. })
}

fn is_for_everyone(message: &Message) -> bool {
    matches!(message, Message::Disconnect { user: None, .. })
}

impl Node {
    /// Keeps the orders of the publication of this mark.
    pub(super) async fn keep_order(
        &self,
        keys: &ChannelKeys,
        order: &Order,
        mark: u64,
    ) -> Result<(), Failure> {
        let life = LIFE.as_millis().to_string();
        match order {
            Order::Everyone(value) => {
                let mut set = cmd("SET");
                set.arg(&keys.kick).arg(value.as_slice());
                set.arg("PX").arg(life);
                self.publications().call(keys.partition, &set).await?;
            }
            Order::Users(frame) => {
                let keys_of = [&*keys.ordered, &*keys.orders];
                let mark = mark.to_string();
                let arguments = [mark.as_bytes(), frame, MOST, life.as_bytes()];
                self.publications()
                    .script(keys.partition, &ORDER, &keys_of, &arguments)
                    .await?;
            }
        }
        Ok(())
    }

    /// What was ordered last before this node listens.
    pub(super) async fn last_orders(&self, keys: &ChannelKeys) -> Result<LastOrders, Failure> {
        let mut get = cmd("MGET");
        get.arg(&keys.kick).arg(&keys.ordered);
        let answer = self.commands.call(keys.partition, &get).await?;
        let mut values = reply::array(answer).unwrap_or_default().into_iter();
        let (Some(kick), Some(ordered)) = (values.next(), values.next()) else {
            return Err(Failure::nonsense("MGET"));
        };
        Ok(LastOrders {
            everyone: everyone(kick).map_or(0, |(mark, _)| mark),
            users: number(&ordered),
        })
    }

    /// Reads orders for single users. Where that fails, the watchdog asks for them again.
    pub(super) async fn read_orders(self: Arc<Self>, feed: Arc<Feed>, missed: Missed) {
        let log = Log {
            commands: &self.commands,
            keys: &feed.keys,
            server: None,
        };
        match log::page_of(log, &feed.keys.orders, missed.behind + 1).await {
            Ok(page) => {
                let needs = feed.found_orders(missed, page);
                self.satisfy(&feed, needs);
            }
            Err(failure) => {
                tracing::debug!(channel = feed.channel, %failure, "orders could not be read");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::is_nobody;
    use crate::protocol::{Close, CloseCode};

    #[test]
    fn an_order_for_the_longest_user_with_the_longest_reason_has_66_kb() {
        let user = "x".repeat(usize::from(u16::MAX));
        assert!(!is_nobody(&user) && is_nobody(&format!("{user}x")));
        let close = Close::new(CloseCode::REVOKED, "x".repeat(1000));
        let node = NodeName {
            id: 1,
            incarnation: 1,
        };
        let order = Message::Disconnect {
            user: Some(user.into()),
            close,
        };
        let Some(Order::Users(frame)) = Order::among(&[order], 1, node) else {
            panic!("it is for a single user");
        };
        assert_eq!(frame.len(), 65_692);
    }
}
