//! Whether a client is in a channel, as the application asks.

use super::handle::Channel;
use crate::client::Client;
use crate::contract::Contract;

impl<C: Contract> Channel<C> {
    /// Returns `true` if this client is in the channel: [`register_client`](Self::register_client) has succeeded for it, and
    /// it has not been unregistered or disconnected since. While it is being registered, it is not in the channel yet.
    ///
    /// This is about one connection, and says nothing about other connections of the same user:
    /// [`participants`](Self::participants) lists the users in the channel, on all nodes. This method asks no other node,
    /// does not wait, and allocates nothing. [`Client::channels`] lists all channels of a client.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # use ws_core::{Channel, Client, Cluster, HandlerError, WsEvent};
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { room: String, text: String }
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
    /// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
    /// /// Says something in one of the rooms that the client is in. The session is the cluster.
    /// async fn say(client: Client<Room, Cluster>, say: Say) -> Result<(), HandlerError> {
    ///     let room: Channel<Room> = client.session().channel(&say.room);
    ///     if !room.is_registered(&client) {
    ///         return Err(HandlerError::new("the client is not in this room"));
    ///     }
    ///     Ok(room.broadcast(&Said { text: say.text })?)
    /// }
    /// # let _ = ws_core::Handlers::new().handle_message(say).build();
    /// ```
    pub fn is_registered<S>(&self, client: &Client<C, S>) -> bool {
        self.core.is_registered(client.connection())
    }
}
