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

/// A cluster-wide group of clients, each registered under the id of its user. A user may have several connections.
///
/// Cheap to clone. Every handle of one name, on whatever node, is the same channel. Keep one as long as the node takes
/// part: a channel that no handle and no client on this node refers to is left, together with its hook.
///
/// Events sent to a channel go through its log. Every receiver sees them in the order of the log, the sender included, and
/// a client that reconnects is given what it missed. One proviso: while Redis is away, the members on a node are given at
/// once what is sent on that node, and what other nodes send meanwhile only when it is back. In relation to each other, these
/// may then stand in another order on each node.
pub struct Channel<C: Contract> {
    pub(super) core: Arc<Core>,
    contract: PhantomData<fn() -> C>,
}

impl Cluster {
    /// The channel of this name, with the default [`Retention`].
    ///
    /// A name has 1 to 256 bytes, of any characters, which are compared byte for byte. It need not be declared anywhere, and costs
    /// nothing before something is sent or somebody is registered. Under another name nothing can be done: everything that
    /// is asked of the channel fails, with [`SendError::ChannelName`], [`ClusterError::ChannelName`] or
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

    /// The channel of this name, which keeps this much of its history. Where the channel is in use on this node already,
    /// it keeps what it was first given.
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
    /// The channel's name.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// Registers a client under a user's id. When this returns, everything that is sent to the channel reaches the client;
    /// a client that resumes has been sent what it missed, or was told that it cannot be had. Where the log goes out of reach
    /// before its end, or the client has seen more than this node, it is sent the rest, or told, as soon as the log can be read,
    /// and before anything newer. The client leaves by itself when it disconnects. Registering it again under the same id does
    /// nothing; while it is being registered, that waits for what becomes of it, and registers it where that failed.
    ///
    /// The history of a channel is open to whoever is in it: a client that comes back may be sent everything that the channel
    /// keeps ([`Retention`]) and that is for all or for its user, also what was sent while it was not registered.
    ///
    /// Cancel safe: a registration that is not waited for to its end is undone.
    ///
    /// A user id has 1 to 256 bytes, of any characters, which are compared byte for byte; see
    /// [`Limits::with_name_bytes`](crate::Limits::with_name_bytes) for another bound. An id that is empty or longer is
    /// [`RegisterError::UserId`]. Where the hook [`on_connected`](crate::handler::HandlersBuilder::on_connected) passes that on, by
    /// `?`, the client is closed with [`CloseCode::REFUSED`](crate::CloseCode::REFUSED), and does not try again what cannot succeed. So is it
    /// with a channel's name.
    ///
    /// # Errors
    ///
    /// See [`RegisterError`].
    pub async fn register_client<S>(
        &self,
        user: &str,
        client: &Client<C, S>,
    ) -> Result<(), RegisterError> {
        self.core.register(user, client.connection()).await
    }

    /// Removes every connection of a user on this node from the channel: all of them, where there are several, and none of
    /// those on other nodes. The connections stay open and in their other channels, and clients are not told. When this returns,
    /// they are sent nothing more from the channel, and the user has left where no node has another connection of the same user.
    ///
    /// For one of several connections there is [`unregister_connection`](Self::unregister_connection); to close the user's
    /// connections on all nodes, [`disconnect_user`](Self::disconnect_user).
    ///
    /// A client that is registered again is sent what comes from then on; and, where it has reconnected meanwhile, also what it
    /// missed, as far as the channel keeps it: see [`register_client`](Self::register_client).
    ///
    /// # Errors
    ///
    /// Where other nodes could not be told.
    pub async fn unregister_client(&self, user: &str) -> Result<(), ClusterError> {
        self.core.unregister(user).await
    }

    /// Removes one client's connection from the channel, as [`unregister_client`](Self::unregister_client) does it for all of a
    /// user's on this node: for who leaves a room in one of two windows. A client that is not in the channel stays so.
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
    /// Where other nodes could not be told.
    pub async fn unregister_connection<S>(
        &self,
        client: &Client<C, S>,
    ) -> Result<(), ClusterError> {
        self.core
            .unregister_connection(client.connection().id)
            .await
    }

    /// Sends an event to every connection of a user, on whatever node. A user who is not there receives nothing. `Ok` says as
    /// much as that of [`broadcast`](Self::broadcast).
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`], [`SendError::TooLarge`] above 256 KiB, [`SendError::ChannelName`],
    /// [`SendError::Backpressure`], or [`SendError::Left`].
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
    /// `Ok` says that this process has accepted it, and not that it has arrived anywhere. To hand it on to the other nodes is
    /// the cluster's work: the table at `RedisOptions` says what may happen to it on that way, and who is told.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`], [`SendError::TooLarge`] above 256 KiB, [`SendError::ChannelName`],
    /// [`SendError::Backpressure`], or [`SendError::Left`].
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

    /// Sends an event to everyone in the channel on this node. It goes past the log: it has no position, is not recovered,
    /// and has no order in relation to what goes through the log. What the hook of
    /// [`on_presence`](Self::on_presence) sends comes before everything that follows the change.
    ///
    /// Who is not connected at that moment never hears of it: a client that comes back is not given it, and is told no gap, for the
    /// channel as such is whole. So what it says is also in something that every client is sent when it comes, in
    /// [`on_connected`](crate::handler::HandlersBuilder::on_connected), which runs for those that come back as for all others.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`], [`SendError::TooLarge`] above 256 KiB, [`SendError::ChannelName`], or
    /// [`SendError::Backpressure`].
    pub fn broadcast_local<P, I>(&self, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        self.publish_local(None, payload)
    }

    /// As [`broadcast_local`](Self::broadcast_local), to all but the connections of one user.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`], [`SendError::TooLarge`] above 256 KiB, [`SendError::ChannelName`], or
    /// [`SendError::Backpressure`].
    pub fn broadcast_local_except<P, I>(&self, user: &str, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        self.publish_local(Some(user), payload)
    }

    /// Closes the connections of everyone in the channel, on every node, after what was sent to the channel before. Who comes
    /// later is not meant, and who is closed is given nothing that is sent later. Session clients that come back by themselves
    /// after this code are told to spread that over [`Limits::with_reconnect_spread`](crate::Limits::with_reconnect_spread).
    ///
    /// `Ok` says as much as that of [`broadcast`](Self::broadcast). A node that the cluster cannot reach meanwhile does it when it
    /// is back, within a day, also in a channel without history: the table at `RedisOptions` says more.
    ///
    /// # Errors
    ///
    /// [`SendError::ChannelName`], [`SendError::Backpressure`], or [`SendError::Left`].
    pub fn disconnect(&self, close: Close) -> Result<(), SendError> {
        self.core.disconnect(None, close)
    }

    /// Closes every connection of a user that is in the channel, on whatever node, and nobody else's: as
    /// [`disconnect`](Self::disconnect) does it for everyone, with the same order and the same promises. It needs no
    /// [`Client`], and so serves what is not a handler of the user's own, such as an administrator's request to ban somebody, or
    /// to log somebody out everywhere.
    ///
    /// These connections end altogether, also where they are in other channels; those of the user that are in other channels only
    /// go on. What was sent to the user before arrives before the close. Where the user is not there, or nobody can have this id,
    /// nothing happens. Who comes later under the same id is not meant: to keep somebody out is the work of whatever lets users
    /// in, and is done before this is called. By the code, clients know whether to come back:
    /// [`CloseCode::REVOKED`](crate::CloseCode::REVOKED) is final, and after
    /// [`CloseCode::EXPIRED`](crate::CloseCode::EXPIRED) they come with other credentials, at once.
    ///
    /// A node of an earlier version than this method leaves the connections that it has.
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
    /// [`SendError::ChannelName`], [`SendError::Backpressure`], or [`SendError::Left`].
    pub fn disconnect_user(&self, user: &str, close: Close) -> Result<(), SendError> {
        self.core.disconnect(Some(user), close)
    }

    /// Who is in the channel, on all nodes.
    ///
    /// # Errors
    ///
    /// Where that cannot be found out.
    pub async fn participants(&self) -> Result<Participants, ClusterError> {
        self.core.participants().await
    }

    /// Calls a hook when a user comes or leaves: with their first connection, and with their last one, across all nodes.
    /// It is called on every node that has clients in the channel, once for each change, in the order in which they
    /// happened; so it usually sends by [`broadcast_local`](Self::broadcast_local). It must not block. A second hook
    /// replaces the first.
    ///
    /// Changes alone do not keep a page's list of who is there right. They are not kept for clients that come back, which are not told
    /// a gap because of them either: who was away while somebody left shows them for ever. So each client is sent the whole
    /// list by [`on_connected`](crate::handler::HandlersBuilder::on_connected), after
    /// [`register_client`](Self::register_client), and puts it in place of what it had: so does `examples/chat`, from
    /// [`participants`](Self::participants). That hook runs for every connection, also where the client resumes.
    pub fn on_presence(&self, hook: impl Fn(&Self, Presence) + Send + Sync + 'static) {
        self.on_presence_after(Duration::ZERO, hook);
    }

    /// As [`on_presence`](Self::on_presence), where a user who is back within this time has not left: so a page that is
    /// loaded anew is no leave. Leaves are reported that much later.
    ///
    /// Until then, the user is in [`participants`](Self::participants), without connections. So a client that is given that list
    /// when it comes, and what the hook sends from then on, knows at any time who is there.
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
