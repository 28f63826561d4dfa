//! [`Client`]: the handle that handlers have of a connection, with the types of its contract and its session.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use super::Connection;
use crate::contract::Contract;
use crate::error::SendError;
use crate::event::CarriesOne;
use crate::protocol::{self, Close, ConnectionId, Encoded, Lent};

/// One connection, as handlers see it.
///
/// A `Client` is cheap to clone, and harmless to keep: once the connection has ended, sending to it returns an error.
/// `C` is the contract, and `S` is the session that the application attached to the connection at its upgrade.
///
/// Messages leave in the order in which they were sent here. Sending never waits: it queues up to
/// [`Limits::with_outbox_bytes`](crate::Limits::with_outbox_bytes) bytes. The event declares what happens to a client
/// that lets its queue fill up, with `when_slow`: by default, the client is disconnected with 4008.
pub struct Client<C: Contract, S> {
    inner: Arc<Inner<S>>,
    contract: PhantomData<fn() -> C>,
}

struct Inner<S> {
    connection: Arc<Connection>,
    session: S,
}

impl<C: Contract, S> Client<C, S> {
    pub(crate) fn new(connection: Arc<Connection>, session: S) -> Self {
        Self {
            inner: Arc::new(Inner {
                connection,
                session,
            }),
            contract: PhantomData,
        }
    }

    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.inner.connection
    }

    /// Returns the id of this connection. A client that reconnects has a new one.
    pub fn id(&self) -> ConnectionId {
        self.connection().id
    }

    /// Returns what the application attached to the connection at its upgrade.
    pub fn session(&self) -> &S {
        &self.inner.session
    }

    /// Returns the credentials that the client gave in its `hello`.
    ///
    /// They are for applications that do not authenticate at the upgrade, where browsers cannot set headers. A
    /// generated client asks its `token` option for them, anew for every connection.
    ///
    /// Check them in [`on_connected`](crate::handler::HandlersBuilder::on_connected), before the client is registered
    /// in any channel. To refuse them, [`disconnect_with`](Self::disconnect_with)
    /// [`CloseCode::EXPIRED`](crate::CloseCode::EXPIRED) if the client should come back with new ones, or
    /// [`CloseCode::REVOKED`](crate::CloseCode::REVOKED) if it should not.
    ///
    #[doc = include_str!("../docs/token.md")]
    pub fn token(&self) -> Option<&str> {
        self.connection().token()
    }

    /// Returns the names of the channels that this client is in, in the order in which it was registered: those for which
    /// [`Channel::is_registered`](crate::Channel::is_registered) is true. Empty once the client has disconnected.
    ///
    /// These are the channels of this one connection. A user's other connections have their own.
    pub fn channels(&self) -> Vec<String> {
        self.connection().channels()
    }

    /// Returns the names of the channels that this client claims to have been in before it reconnected. Register it again in those that
    /// it may be in, in [`on_connected`](crate::handler::HandlersBuilder::on_connected).
    ///
    /// This is for channels that a client joins by an event or a request: after a reconnect, nothing else puts it back. Whatever
    /// waits in the generated client leaves as soon as `on_connected` has returned, before the page could ask to join again. So
    /// this hook is the only place where the client can be registered before its events are handled.
    /// [`register_client`](crate::Channel::register_client) then sends it what it missed, as always.
    ///
    /// - **The names are claims.** They come from the client's `hello`, and a client can write any name there. Check each name as
    ///   you check a request to join: whether the channel exists, and whether this user may be in it. A name has 1 to 256 bytes
    ///   ([`Limits::with_name_bytes`](crate::Limits::with_name_bytes)).
    /// - **There may be more names than the client was in.** A client is not told when the server unregisters it, so a channel
    ///   that it has left is still among the names. If clients leave channels before they disconnect, remember who is where, and
    ///   check the names against that.
    /// - **There may be fewer.** A client knows a position only in channels that keep a history: those with
    ///   [`Retention::none`](crate::Retention::none) are not here. The names are bounded as the positions are: see
    ///   [`Limits::with_channels_per_client`](crate::Limits::with_channels_per_client). There are at most four times as many as the channels that the
    ///   client may be in, so registering it in all of them may fail with
    ///   [`RegisterError::TooManyChannels`](crate::RegisterError::TooManyChannels).
    /// - **The order is the client's.** A generated client begins with the channels that it heard last, except that names that
    ///   are whole numbers come first.
    ///
    /// A name is here until a registration of the client in that channel begins. Nothing happens to a name that you do not use: the
    /// client is not in that channel, and hears nothing of it. If it is registered there later in this connection, it is sent what it
    /// missed then, or is told of a gap if the channel no longer keeps all of that.
    ///
    /// Empty for a client that claims nothing, such as one that connects for the first time, and for one without a session.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # use ws_core::{Channel, Client, Cluster, HandlerError, Handlers, WsEvent};
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Open { board: String }
    /// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Changed { board: String }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "board")]
    /// # enum FromClient { #[ws(reply = bool)] Open(Open) }
    /// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "board")] enum FromServer { Changed(Changed) }
    /// # ws_core::contract!(Kanban = "kanban" { client: FromClient, server: FromServer });
    /// struct User {
    ///     id: String,
    ///     cluster: Cluster,
    /// }
    ///
    /// impl User {
    ///     /// The channel of a board, if this user may see it.
    ///     async fn board(&self, name: &str) -> Result<Option<Channel<Kanban>>, HandlerError> {
    ///         # let may_see = async |_: &str, name: &str| Ok::<_, HandlerError>(name.starts_with("board/"));
    ///         let may_see = may_see(&self.id, name).await?; // asks the database
    ///         Ok(may_see.then(|| self.cluster.channel(name)))
    ///     }
    /// }
    ///
    /// /// The page opens a board.
    /// async fn open(client: Client<Kanban, User>, open: Open) -> Result<bool, HandlerError> {
    ///     let user = client.session();
    ///     let Some(board) = user.board(&open.board).await? else {
    ///         return Ok(false);
    ///     };
    ///     board.register_client(&user.id, &client).await?;
    ///     Ok(true)
    /// }
    ///
    /// /// A page that comes back has its boards open again.
    /// async fn connected(client: Client<Kanban, User>) -> Result<(), HandlerError> {
    ///     let user = client.session();
    ///     for name in client.channels_to_resume() {
    ///         if let Some(board) = user.board(&name).await? {
    ///             board.register_client(&user.id, &client).await?;
    ///         }
    ///     }
    ///     Ok(())
    /// }
    ///
    /// let handlers = Handlers::new()
    ///     .handle_message(open)
    ///     .on_connected(connected)
    ///     .build();
    /// # let _ = handlers;
    /// ```
    pub fn channels_to_resume(&self) -> Vec<String> {
        self.connection().channels_to_resume()
    }

    /// Returns `true` while messages are accepted, and `false` from the moment the connection begins to close.
    pub fn is_connected(&self) -> bool {
        self.connection().outbox.is_open()
    }

    /// Sends an event to this client.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::Closed`] or [`SendError::Full`] if the client does not accept messages any more, and
    /// [`SendError::TooLarge`] or [`SendError::Encode`] if the event could not be sent to any client.
    pub fn send<P, I>(&self, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        let event = encode::<C, P, I>(payload)?;
        let outbox = &self.connection().outbox;
        outbox.check_length(&event)?;
        outbox.push(event)?;
        self.connection()
            .common()
            .metrics
            .sent()
            .sent(<C::Server as CarriesOne<P, I>>::NAME);
        Ok(())
    }

    /// Sends an event to every other client in the channels of this client, on every node.
    ///
    /// A client that is in several of these channels receives the event once for each of them.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::Encode`] if the payload does not serialize, and [`SendError::TooLarge`] if the event is
    /// longer than 256 KiB; it has then been sent nowhere. Returns [`SendError::Backpressure`] or [`SendError::Left`]
    /// if the cluster does not accept the event for one of the channels; it has then been sent in the others.
    pub fn broadcast<P, I>(&self, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        let event = encode::<C, P, I>(payload)?;
        let memberships = self.connection().current_memberships();
        let (mut taken, mut sent) = (0, Ok(()));
        for membership in &memberships {
            match membership.send_to_others(self.id(), event.clone()) {
                Ok(()) => taken += 1,
                refused => sent = sent.and(refused),
            }
        }
        let event = <C::Server as CarriesOne<P, I>>::NAME;
        let metrics = &self.connection().common().metrics;
        metrics.sent().broadcast(event, taken);
        sent
    }

    /// Closes this connection with 1000, after everything that was sent before. The client does not reconnect by
    /// itself.
    pub fn disconnect(&self) {
        self.disconnect_with(Close::normal());
    }

    /// Closes this connection with the given code, after everything that was sent before.
    ///
    /// It does not wait for handlers: those of this client that are still running are dropped at their next await,
    /// including the one that calls this method. A code that is [never sent](crate::CloseCode::ABNORMAL) is replaced by
    /// 1011.
    pub fn disconnect_with(&self, close: Close) {
        self.connection().close(close);
    }
}

/// Encodes an event of the contract's server.
pub(crate) fn encode<C, P, I>(payload: &P) -> Result<Encoded, SendError>
where
    C: Contract<Server: CarriesOne<P, I>>,
    P: Serialize,
{
    let event = <C::Server as CarriesOne<P, I>>::NAME;
    let encoded = protocol::event(event, payload).map_err(|error| refusal(event, &error))?;
    Ok(encoded
        .with_when_slow(<C::Server as CarriesOne<P, I>>::WHEN_SLOW)
        .with_ephemeral(<C::Server as CarriesOne<P, I>>::EPHEMERAL))
}

/// Encodes an event of the contract's server, and lends its text.
pub(crate) fn encode_text<C, P, I, T>(
    payload: &P,
    take: impl FnOnce(Lent<'_>) -> T,
) -> Result<T, SendError>
where
    C: Contract<Server: CarriesOne<P, I>>,
    P: Serialize,
{
    let event = <C::Server as CarriesOne<P, I>>::NAME;
    let taken = protocol::with_event_text(event, payload, |bytes| {
        take(Lent {
            bytes,
            when_slow: <C::Server as CarriesOne<P, I>>::WHEN_SLOW,
            ephemeral: <C::Server as CarriesOne<P, I>>::EPHEMERAL,
        })
    });
    taken.map_err(|error| refusal(event, &error))
}

fn refusal(event: &'static str, error: &serde_json::Error) -> SendError {
    SendError::Encode {
        event,
        message: error.to_string(),
    }
}

impl<C: Contract, S> Clone for Client<C, S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            contract: PhantomData,
        }
    }
}

impl<C: Contract, S> fmt::Debug for Client<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
