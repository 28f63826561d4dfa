//! [`Handlers`]: the handlers of a whole contract, and their registration.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::event_handlers::EventHandlers;
use super::hooks::Hooks;
use super::outcome::{Error, HandlerReturn, Reply};
use super::route::{Route, Routes};
use crate::client::Client;
use crate::contract::Contract;
use crate::error::ClientError;
use crate::event::{Complete, EventEnums, Include, NoError, NoReply, Register};
use crate::protocol::Close;

/// The handlers of a contract: one for each event that clients send, and the hooks of a connection.
///
/// `C` is the contract, and `S` is the session that the application attaches to each client at its upgrade. Handlers
/// are cheap to clone.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::{Client, Handlers, WsEvent};
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
/// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
/// struct User;
///
/// async fn say(client: Client<Room, User>, message: Say) -> Result<(), ws_core::SendError> {
///     client.send(&Said { text: message.text })
/// }
///
/// let handlers = Handlers::<Room, User>::new().handle_message(say).build();
/// ```
#[must_use = "handlers do nothing until a server is created from them"]
pub struct Handlers<C: Contract, S> {
    table: Arc<Table<C, S>>,
}

/// A builder for [`Handlers`].
///
/// `Slots` tracks which events have a handler; it never needs to be written.
#[must_use = "a builder does nothing until `.build()` is called"]
pub struct HandlersBuilder<C: Contract, S, Slots> {
    table: Table<C, S>,
    slots: PhantomData<fn() -> Slots>,
}

struct Table<C: Contract, S> {
    routes: Routes<C, S>,
    hooks: Hooks<C, S>,
}

impl<C: Contract, S: Send + Sync + 'static> Handlers<C, S> {
    /// Creates a builder in which no event has a handler.
    #[expect(
        clippy::new_ret_no_self,
        reason = "handlers exist only once they are complete"
    )]
    pub fn new() -> HandlersBuilder<C, S, C::Slots> {
        HandlersBuilder {
            table: Table {
                routes: Routes::new(),
                hooks: Hooks::new(),
            },
            slots: PhantomData,
        }
    }

    /// The handler of an event that clients send.
    pub(crate) fn route(&self, event: &str) -> Option<&Route<C, S>> {
        self.table.routes.find(event)
    }

    /// Whether an event is one that only the server sends.
    pub(crate) fn is_from_server(&self, event: &str) -> bool {
        C::Server::EVENTS
            .iter()
            .copied()
            .flatten()
            .any(|known| known.name == event)
    }

    pub(crate) fn hooks(&self) -> &Hooks<C, S> {
        &self.table.hooks
    }
}

impl<C: Contract, S: Send + Sync + 'static, Slots> HandlersBuilder<C, S, Slots> {
    /// Registers the handler of the event whose payload is `P`.
    ///
    /// A handler is an `async fn(Client<C, S>, P)` that returns what the event declares: see [`HandlerReturn`]. Its
    /// state is the session that the application attached to the client: see [`Client::session`].
    ///
    /// This does not compile if clients do not send the event in this contract, if the event already has a handler, if
    /// the handler returns something else, or if its future is not `Send`.
    ///
    /// # Ordering
    ///
    /// Events without a reply are handled one at a time per client, in the order in which they were received. Requests
    /// are handled concurrently.
    ///
    /// # Cancellation
    ///
    /// A handler that exceeds [`Limits::with_handler_timeout`](crate::Limits::with_handler_timeout) is dropped at its
    /// current await, and so is every handler of a client that disconnects. Spawn a task for work that must go on.
    ///
    /// # Panics
    ///
    /// If a handler panics, it ends, the panic is reported to [`on_error`](Self::on_error), and the connection stays
    /// open.
    pub fn handle_message<P, F, Fut>(
        mut self,
        handler: F,
    ) -> HandlersBuilder<C, S, <Slots as Register<P>>::Next>
    where
        Slots: Register<P>,
        P: DeserializeOwned + Send + 'static,
        F: Fn(Client<C, S>, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerReturn<P, Reply<Slots, P>, Error<Slots, P>>> + Send + 'static,
    {
        self.table.routes.add::<Slots, P, F, Fut>(handler);
        HandlersBuilder {
            table: self.table,
            slots: PhantomData,
        }
    }

    /// Includes the handlers for one enum of the contract, as provided by a module of the application.
    ///
    /// Each enum of the contract must be included exactly once, which is checked at compile time.
    pub fn include<E, I>(
        mut self,
        handlers: EventHandlers<E, C, S>,
    ) -> HandlersBuilder<C, S, <Slots as Include<E, I>>::Next>
    where
        Slots: Include<E, I>,
    {
        self.table.routes.extend(handlers.routes);
        HandlersBuilder {
            table: self.table,
            slots: PhantomData,
        }
    }

    /// Sets the hook that is called when a client has connected, before any of its events is handled.
    ///
    /// This is the place to register the client in channels, including those that it joined by an event before it
    /// reconnected: see [`Client::channels_to_resume`]. While the hook runs, the client is sent what the hook
    /// itself sends, and what is sent to the channels in which the hook has registered it, but nothing from
    /// [`Server::broadcast_local`](crate::Server::broadcast_local). The generated client becomes `open` once the hook
    /// has succeeded, and sends nothing before; if the hook fails, it keeps what is waiting to be sent.
    ///
    /// If the client disconnects while the hook is running, the hook is dropped at its current await. There is one
    /// exception: if the client has sent something and closes the connection properly, the hook goes on, and what was
    /// sent before the close is handled.
    ///
    /// # Errors
    ///
    /// The hook returns nothing, or a `Result<(), E>`. An error is reported to [`on_error`](Self::on_error) and closes
    /// the connection: with 4502, after which clients do not retry, if it is a [`RegisterError`](crate::RegisterError)
    /// about a user id or a channel's name, and with 1011, after which they do, otherwise.
    pub fn on_connected<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Client<C, S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerReturn<(), NoReply, NoError>> + Send + 'static,
    {
        self.table.hooks.set_connected(hook);
        self
    }

    /// Sets the hook that is called when a client is gone, with the code that ended its connection.
    ///
    /// It is called exactly once for each client for which [`on_connected`](Self::on_connected) was called, whether or
    /// not that failed, and however the connection ended. By then, the client has left its channels and its handlers
    /// have been dropped. What was sent to the client before the server closed the connection may still be on its way.
    pub fn on_disconnected<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Client<C, S>, Close) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.table.hooks.set_disconnected(hook);
        self
    }

    /// Sets the hook that is called for everything that goes wrong on a connection.
    ///
    /// This includes messages that are refused, handlers that fail, panic or time out, and events that do not
    /// serialize. The hook runs on the connection's task and must not block.
    ///
    /// Without this hook, errors of the server are logged at `ERROR`. With it, logging them is up to the application,
    /// and the library logs them at `DEBUG` only. Errors of clients are always logged at `DEBUG`.
    pub fn on_error(
        mut self,
        hook: impl Fn(&Client<C, S>, &ClientError) + Send + Sync + 'static,
    ) -> Self {
        self.table.hooks.set_error(hook);
        self
    }

    /// Finishes the registration.
    ///
    /// This does not compile if an event of the contract has no handler.
    pub fn build(self) -> Handlers<C, S>
    where
        Slots: Complete,
    {
        Handlers {
            table: Arc::new(self.table),
        }
    }
}

impl<C: Contract, S> Clone for Handlers<C, S> {
    fn clone(&self) -> Self {
        Self {
            table: Arc::clone(&self.table),
        }
    }
}

impl<C: Contract, S> fmt::Debug for Handlers<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers")
            .field("contract", &C::NAME)
            .finish_non_exhaustive()
    }
}

impl<C: Contract, S, Slots> fmt::Debug for HandlersBuilder<C, S, Slots> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlersBuilder")
            .field("contract", &C::NAME)
            .finish_non_exhaustive()
    }
}
