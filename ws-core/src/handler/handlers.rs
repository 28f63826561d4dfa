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

/// The handlers of a contract, one for each event that clients send, and the hooks of a connection's life.
///
/// `C` is the contract, `S` what the application attaches to each client at its upgrade. Cheap to clone.
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
#[must_use = "handlers do nothing until a server is made of them"]
pub struct Handlers<C: Contract, S> {
    table: Arc<Table<C, S>>,
}

/// [`Handlers`] in the making. `Slots` says which events are handled; it never needs to be written.
#[must_use = "the registration ends with `.build()`"]
pub struct HandlersBuilder<C: Contract, S, Slots> {
    table: Table<C, S>,
    slots: PhantomData<fn() -> Slots>,
}

struct Table<C: Contract, S> {
    routes: Routes<C, S>,
    hooks: Hooks<C, S>,
}

impl<C: Contract, S: Send + Sync + 'static> Handlers<C, S> {
    /// Starts with no event handled.
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
    /// Registers the handler of the event whose payload is `P`: an `async fn(Client<C, S>, P)` that returns what the event
    /// declares, see [`HandlerReturn`]. Its state is what the application attached to the client,
    /// [`Client::session`].
    ///
    /// Does not compile where clients of this contract do not send the event, where it has a handler already, where the
    /// handler returns something else, or where its future cannot be sent to another thread.
    ///
    /// Events without a reply are handled one at a time per client, in the order received; requests concurrently. A handler
    /// that exceeds its deadline is dropped at its current await, and so is every handler of a client that disconnects:
    /// what must go on is spawned by the application. A panic ends the handler, reaches [`on_error`](Self::on_error), and
    /// leaves the connection as it is.
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

    /// Takes the handlers of one enum of the contract, made by a module of the application. Each enum of the contract is
    /// included exactly once; the compiler counts.
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

    /// Called when a client has connected, before any of its events is handled: the place to register it in channels, also in
    /// those that it joined by an event before it reconnected ([`Client::channels_to_resume`]). A
    /// client that goes meanwhile ends it at its current await, unless it has sent something and closes in good order: then
    /// this goes on, and what came before the close is handled. The generated client is `open` when this has succeeded, and
    /// sends nothing before: what waits in it is kept where this fails. Until then, a client is sent what the hook itself sends
    /// it, and what is said in channels in which the hook has registered it, but nothing of
    /// [`Server::broadcast_local`](crate::Server::broadcast_local).
    ///
    /// Returns nothing, or a `Result<(), E>`; an error reaches [`on_error`](Self::on_error) and closes the connection: with
    /// 1011, after which clients try again, or with 4502, after which they do not, where it is a
    /// [`RegisterError`](crate::RegisterError) that concerns a name.
    pub fn on_connected<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Client<C, S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerReturn<(), NoReply, NoError>> + Send + 'static,
    {
        self.table.hooks.set_connected(hook);
        self
    }

    /// Called once for each client for which [`on_connected`](Self::on_connected) was called, whether that failed or not, when
    /// it is gone, however that happened, with the code that ended it. The client has left its channels by then, and its
    /// handlers have been dropped. What was sent to it before a close of this side may still be on its way.
    pub fn on_disconnected<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Client<C, S>, Close) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.table.hooks.set_disconnected(hook);
        self
    }

    /// Called for everything that goes wrong on a connection: messages that are refused, handlers that fail, panic or take
    /// too long, events that do not serialize. It runs on the connection's task and must not block.
    ///
    /// Without this hook what the server does wrong is logged as an error; with it, the log is the application's concern. What
    /// clients do wrong is in the log at the level `DEBUG` only.
    pub fn on_error(
        mut self,
        hook: impl Fn(&Client<C, S>, &ClientError) + Send + Sync + 'static,
    ) -> Self {
        self.table.hooks.set_error(hook);
        self
    }

    /// Ends the registration. Does not compile while an event of the contract has no handler.
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
