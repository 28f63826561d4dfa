//! [`Channel`]: the handle that the application has of a channel, with the types of its contract.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::core::Core;
use super::presence::{Participants, Presence};
use crate::client::{self, Client};
use crate::cluster::{Cluster, Retention, Target};
use crate::contract::Contract;
use crate::error::{ClusterError, RegisterError, SendError};
use crate::event::{CarriesOne, EventEnums};
use crate::protocol::Close;

/// A cluster-wide group of clients, each of which is registered under the id of its user.
///
/// A user may have several connections in a channel. A `Channel` is cheap to clone, and all handles with the same name
/// are the same channel, on whatever node. Keep a handle for as long as the node takes part: when no handle and no
/// client on a node refers to a channel any more, the node leaves it, and its hook is dropped.
///
/// # Ordering
///
/// Events that are sent to a channel go through its log. Every receiver, including the sender, sees them in the order
/// of the log, and a client that reconnects is sent what it missed. There is one exception: while Redis is unreachable,
/// the members on a node receive what is sent on that node immediately, and what other nodes send only once Redis is
/// back. The relative order of these events may then differ from node to node.
pub struct Channel<C: Contract> {
    pub(super) core: Arc<Core>,
    contract: PhantomData<fn() -> C>,
}

impl Cluster {
    /// Returns the channel with this name, with the default [`Retention`].
    ///
    /// A name has 1 to 256 bytes and may contain any characters; names are compared byte for byte. Channels need not be
    /// declared, and cost nothing until something is sent or a client is registered. With an invalid name, every
    /// operation on the channel fails with [`SendError::ChannelName`], [`ClusterError::ChannelName`] or
    /// [`RegisterError::ChannelName`], and leaves nothing behind.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # use ws_core::{Channel, Cluster, WsEvent};
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
    /// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
    /// let cluster = Cluster::in_memory();
    /// let channel: Channel<Room> = cluster.channel("my-channel");
    /// channel.broadcast(&Said { text: "to nobody yet".into() })?;
    /// # Ok::<(), ws_core::SendError>(())
    /// ```
    pub fn channel<C: Contract>(&self, name: &str) -> Channel<C> {
        self.channel_with(name, Retention::default())
    }

    /// Returns the channel with this name, and sets how much of its history is kept.
    ///
    /// If the channel is already in use on this node, it keeps the retention that it was first given.
    pub fn channel_with<C: Contract>(&self, name: &str, retention: Retention) -> Channel<C> {
        // Contracts have different events, so their channels are different, too.
        let key = format!("{}/{name}", C::NAME);
        let core = self.shared(&key, || {
            Core::new(
                key.clone(),
                name.to_owned(),
                retention,
                Arc::clone(self.backend()),
                Arc::clone(self.tasks()),
                self.metrics().of(C::NAME, C::Server::EVENTS),
            )
        });
        Channel {
            core,
            contract: PhantomData,
        }
    }
}

impl<C: Contract> Channel<C> {
    /// Returns the channel's name.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// Registers a client in the channel, under the id of its user.
    ///
    /// Once this returns, the client receives everything that is sent to the channel. A client that resumes has been
    /// sent what it missed by then, or has been told that there is a gap. If the log becomes unreachable in between, or
    /// the client has seen more than this node, the client is sent the rest, or told of the gap, as soon as the log can
    /// be read, and before anything newer.
    ///
    /// The client leaves the channel by itself when it disconnects. Registering it again under the same id does
    /// nothing. If its registration is still in progress, a second call waits for the outcome, and registers the client
    /// if the first attempt failed.
    ///
    /// The history of a channel is visible to everyone in it: a client that reconnects may be sent everything that the
    /// channel [keeps](Retention) and that is for everyone or for its user, including what was sent while it was not
    /// registered.
    ///
    /// A user id has 1 to 256 bytes and may contain any characters; ids are compared byte for byte.
    /// [`Limits::with_name_bytes`](crate::Limits::with_name_bytes) changes the limit.
    ///
    /// Cancel safe: if the future is dropped before it completes, the registration is undone.
    ///
    /// # Errors
    ///
    /// Returns a [`RegisterError`], such as [`RegisterError::UserId`] if the id is empty or too long. If
    /// [`on_connected`](crate::handler::HandlersBuilder::on_connected) passes on an error about the user id or the
    /// channel's name with `?`, the client is closed with [`CloseCode::REFUSED`](crate::CloseCode::REFUSED), and does
    /// not retry what cannot succeed.
    pub async fn register_client<S>(
        &self,
        user: &str,
        client: &Client<C, S>,
    ) -> Result<(), RegisterError> {
        self.core.register(user, client.connection()).await
    }

    /// Removes all connections that a user has on this node from the channel.
    ///
    /// Connections of the user on other nodes remain in the channel. The removed connections stay open and stay in
    /// their other channels, and the clients are not notified. Once this returns, they receive nothing more from the
    /// channel, and the user has left it unless another node has a connection of the same user.
    ///
    /// To remove one of several connections, use [`unregister_connection`](Self::unregister_connection). To close the
    /// user's connections on all nodes, use [`disconnect_user`](Self::disconnect_user).
    ///
    /// A client that is registered again receives what is sent from then on. If it has reconnected in between, it is
    /// also sent what it missed, as far as the channel keeps it: see [`register_client`](Self::register_client).
    ///
    /// # Errors
    ///
    /// Returns an error if the channel's name is invalid, or if the other nodes could not be told.
    pub async fn unregister_client(&self, user: &str) -> Result<(), ClusterError> {
        self.core.unregister(user).await
    }

    /// Removes one connection from the channel, such as one of two windows in which a user leaves a room.
    ///
    /// Other than that, it does what [`unregister_client`](Self::unregister_client) does for all connections of a user
    /// on this node. If the client is not in the channel, this does nothing.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # use ws_core::{Channel, Client, ClusterError, WsEvent};
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Leave {}
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Leave(Leave) }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
    /// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
    /// /// Handles the event of a window that is about to show something else.
    /// async fn leave(client: Client<Room, Channel<Room>>, _: Leave) -> Result<(), ClusterError> {
    ///     client.session().unregister_connection(&client).await
    /// }
    /// # let _ = ws_core::Handlers::new().handle_message(leave).build();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the channel's name is invalid, or if the other nodes could not be told.
    pub async fn unregister_connection<S>(
        &self,
        client: &Client<C, S>,
    ) -> Result<(), ClusterError> {
        self.core
            .unregister_connection(client.connection().id)
            .await
    }

    /// Sends an event to every connection of a user in the channel, on whatever node.
    ///
    /// If the user is not in the channel, nobody receives the event. `Ok` promises as much as that of
    /// [`broadcast`](Self::broadcast).
    ///
    /// # Errors
    ///
    /// Returns [`SendError::Encode`], [`SendError::TooLarge`] if the event is longer than 256 KiB,
    /// [`SendError::ChannelName`], [`SendError::Backpressure`], or [`SendError::Left`].
    pub fn send<P, I>(&self, user: &str, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        self.publish(Target::User(user.into()), payload)?;
        let event = <C::Server as CarriesOne<P, I>>::NAME;
        self.core.metrics.sent(event);
        Ok(())
    }

    /// Sends an event to everyone in the channel, on every node.
    ///
    /// `Ok` means that this process has accepted the event, not that it has arrived anywhere. Passing it on to the
    /// other nodes is up to the cluster: the table at `RedisOptions` lists what may happen to it on the way, and who is
    /// told.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::Encode`], [`SendError::TooLarge`] if the event is longer than 256 KiB,
    /// [`SendError::ChannelName`], [`SendError::Backpressure`], or [`SendError::Left`].
    pub fn broadcast<P, I>(&self, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        self.publish(Target::All, payload)?;
        let event = <C::Server as CarriesOne<P, I>>::NAME;
        self.core.metrics.broadcast(event, 1);
        Ok(())
    }

    /// Sends an event to everyone in the channel on this node only.
    ///
    /// The event bypasses the log: it has no position, cannot be recovered, and has no order relative to events that go
    /// through the log. What the [`on_presence`](Self::on_presence) hook sends arrives before everything that follows
    /// the change.
    ///
    /// A client that is not connected at that moment never receives the event: when it reconnects, it is not sent the
    /// event, and it is not told of a gap, because the channel's log is complete. Make sure that whatever the event
    /// says is also part of what every client is sent when it connects, in
    /// [`on_connected`](crate::handler::HandlersBuilder::on_connected), which runs for clients that reconnect as well.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::Encode`], [`SendError::TooLarge`] if the event is longer than 256 KiB,
    /// [`SendError::ChannelName`], or [`SendError::Backpressure`].
    pub fn broadcast_local<P, I>(&self, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        self.publish_local(None, payload)
    }

    /// Sends an event to everyone in the channel on this node, except the connections of one user.
    ///
    /// Other than that, it does the same as [`broadcast_local`](Self::broadcast_local), and returns the same errors.
    pub fn broadcast_local_except<P, I>(&self, user: &str, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        self.publish_local(Some(user), payload)
    }

    /// Closes the connections of everyone in the channel, on every node.
    ///
    /// Each connection is closed after it has been sent everything that was sent to the channel before, and receives
    /// nothing that is sent later. Clients that are registered later are not affected. Session clients that reconnect
    /// by themselves after this code are told to spread their reconnections over
    /// [`Limits::with_reconnect_spread`](crate::Limits::with_reconnect_spread).
    ///
    /// `Ok` promises as much as that of [`broadcast`](Self::broadcast). A node that the cluster cannot reach closes its
    /// connections when it is back, within a day, even in a channel without history: see the table at `RedisOptions`.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::ChannelName`], [`SendError::Backpressure`], or [`SendError::Left`].
    pub fn disconnect(&self, close: Close) -> Result<(), SendError> {
        self.core.disconnect(None, close)
    }

    /// Closes every connection that a user has in the channel, on whatever node.
    ///
    /// It does for one user what [`disconnect`](Self::disconnect) does for everyone, with the same ordering and the
    /// same promises. It needs no [`Client`], so it can be called from outside the user's own handlers, for example
    /// when an administrator bans somebody, or logs somebody out everywhere.
    ///
    /// The connections are closed altogether, even if they are also in other channels. Connections of the user that are
    /// only in other channels stay open. What was sent to the user before arrives before the close. If the user is not
    /// in the channel, or the id is not a valid one, nothing happens. Nodes that run a version without this method keep
    /// the connections that they have.
    ///
    /// Connections that are registered later under the same id are not affected. To keep a user out, first make sure
    /// that your application does not let them in again, and then call this method. The code tells clients whether to
    /// reconnect: after [`CloseCode::REVOKED`](crate::CloseCode::REVOKED) they do not, and after
    /// [`CloseCode::EXPIRED`](crate::CloseCode::EXPIRED) they reconnect immediately, with new credentials.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # use ws_core::{Channel, Cluster, WsEvent};
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
    /// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
    /// use ws_core::{Close, CloseCode, SendError};
    ///
    /// /// What a handler of HTTP calls, for one.
    /// fn ban(channel: &Channel<Room>, user: &str) -> Result<(), SendError> {
    ///     channel.send(user, &Said { text: "goodbye".into() })?;
    ///     channel.disconnect_user(user, Close::new(CloseCode::REVOKED, "banned"))
    /// }
    ///
    /// let channel = Cluster::in_memory().channel("my-channel");
    /// ban(&channel, "ana")?;
    /// # Ok::<(), SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SendError::ChannelName`], [`SendError::Backpressure`], or [`SendError::Left`].
    pub fn disconnect_user(&self, user: &str, close: Close) -> Result<(), SendError> {
        self.core.disconnect(Some(user), close)
    }

    /// Returns the users in the channel, on all nodes.
    ///
    /// # Errors
    ///
    /// Returns an error if the channel's name is invalid, or if the cluster cannot find out.
    pub async fn participants(&self) -> Result<Participants, ClusterError> {
        self.core.participants().await
    }

    /// Calls a hook when a user joins the channel with their first connection on any node, or leaves it with the last.
    ///
    /// The hook is called on every node that has clients in the channel, once for each change, in the order in which
    /// the changes happened. It therefore usually sends with [`broadcast_local`](Self::broadcast_local). It must not
    /// block. A second hook replaces the first.
    ///
    /// Changes alone do not keep a page's list of participants correct. They are not stored for clients that reconnect,
    /// nor do these clients see a gap because of them: a client that was disconnected while somebody left would show
    /// that user forever. So send each client the whole list from [`participants`](Self::participants) in
    /// [`on_connected`](crate::handler::HandlersBuilder::on_connected), after
    /// [`register_client`](Self::register_client), and let it replace the list that the client had, as `examples/chat`
    /// does. The hook `on_connected` runs for every connection, even if the client resumes.
    pub fn on_presence(&self, hook: impl Fn(&Self, Presence) + Send + Sync + 'static) {
        self.on_presence_after(Duration::ZERO, hook);
    }

    /// As [`on_presence`](Self::on_presence), but a user who is back within `grace` is treated as never having left.
    ///
    /// Reloading a page, for example, then does not count as leaving. A leave is reported when the grace period is over.
    /// Until then, the user is still in [`participants`](Self::participants), without connections. So a client that is
    /// sent that list when it connects, and what the hook sends from then on, knows at any time who is there.
    ///
    #[doc = include_str!("../docs/grace.md")]
    pub fn on_presence_after(
        &self,
        grace: Duration,
        hook: impl Fn(&Self, Presence) + Send + Sync + 'static,
    ) {
        let core = Arc::downgrade(&self.core);
        self.core.hook.set(grace, move |change| {
            if let Some(core) = core.upgrade() {
                hook(
                    &Self {
                        core,
                        contract: PhantomData,
                    },
                    change,
                );
            }
        });
    }

    fn publish<P, I>(&self, target: Target, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        client::encode_text::<C, P, I, _>(payload, |event| self.core.send(target, event))?
    }

    fn publish_local<P, I>(&self, except: Option<&str>, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        client::encode_text::<C, P, I, _>(payload, |event| self.core.send_local(except, event))??;
        let event = <C::Server as CarriesOne<P, I>>::NAME;
        self.core.metrics.broadcast(event, 1);
        Ok(())
    }
}

impl<C: Contract> Clone for Channel<C> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            contract: PhantomData,
        }
    }
}

impl<C: Contract> fmt::Debug for Channel<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
