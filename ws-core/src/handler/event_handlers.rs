//! [`EventHandlers`]: the handlers of one enum of events, for modules of larger applications.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::outcome::{Error, HandlerReturn, Reply};
use super::route::Routes;
use crate::client::Client;
use crate::contract::Contract;
use crate::event::{ClientEvents, Complete, Register};

/// The handlers for one enum of events, as provided by one module of a larger application.
///
/// `E` is the enum, `C` is the contract that it belongs to, and `S` is the session that the application attaches to
/// each client. The application collects the sets with [`include`](super::HandlersBuilder::include).
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::{Client, EventHandlers, Handlers, WsEvent};
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Enter { room: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "chats")] enum Chats { Say(Say) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "rooms")] enum Rooms { Enter(Enter) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "chats")] enum FromServer { Say(Say) }
/// ws_core::contract!(App = "app" { client: [Chats, Rooms], server: FromServer });
/// struct User;
///
/// fn chats() -> EventHandlers<Chats, App, User> {
///     EventHandlers::new().handle_message(async |_: Client<App, User>, _: Say| {}).build()
/// }
///
/// fn rooms() -> EventHandlers<Rooms, App, User> {
///     EventHandlers::new().handle_message(async |_: Client<App, User>, _: Enter| {}).build()
/// }
///
/// let handlers = Handlers::<App, User>::new().include(chats()).include(rooms()).build();
/// ```
#[must_use = "handlers do nothing until they are included in those of the contract"]
pub struct EventHandlers<E, C: Contract, S> {
    pub(super) routes: Routes<C, S>,
    events: PhantomData<fn() -> E>,
}

/// A builder for [`EventHandlers`].
///
/// `Slots` tracks which events have a handler; it never needs to be written.
#[must_use = "a builder does nothing until `.build()` is called"]
pub struct EventHandlersBuilder<E, C: Contract, S, Slots> {
    routes: Routes<C, S>,
    slots: PhantomData<fn() -> (E, Slots)>,
}

impl<E: ClientEvents, C: Contract, S: Send + Sync + 'static> EventHandlers<E, C, S> {
    /// Creates a builder in which no event has a handler.
    #[expect(
        clippy::new_ret_no_self,
        reason = "handlers exist only once they are complete"
    )]
    pub fn new() -> EventHandlersBuilder<E, C, S, E::Slots> {
        EventHandlersBuilder {
            routes: Routes::new(),
            slots: PhantomData,
        }
    }
}

impl<E, C: Contract, S: Send + Sync + 'static, Slots> EventHandlersBuilder<E, C, S, Slots> {
    /// Registers the handler of the event whose payload is `P`.
    ///
    /// See [`HandlersBuilder::handle_message`](super::HandlersBuilder::handle_message).
    pub fn handle_message<P, F, Fut>(
        mut self,
        handler: F,
    ) -> EventHandlersBuilder<E, C, S, <Slots as Register<P>>::Next>
    where
        Slots: Register<P>,
        P: DeserializeOwned + Send + 'static,
        F: Fn(Client<C, S>, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerReturn<P, Reply<Slots, P>, Error<Slots, P>>> + Send + 'static,
    {
        self.routes.add::<Slots, P, F, Fut>(handler);
        EventHandlersBuilder {
            routes: self.routes,
            slots: PhantomData,
        }
    }

    /// Finishes the registration.
    ///
    /// This does not compile if an event of the enum has no handler.
    pub fn build(self) -> EventHandlers<E, C, S>
    where
        Slots: Complete,
    {
        EventHandlers {
            routes: self.routes,
            events: PhantomData,
        }
    }
}

impl<E, C: Contract, S> fmt::Debug for EventHandlers<E, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventHandlers").finish_non_exhaustive()
    }
}

impl<E, C: Contract, S, Slots> fmt::Debug for EventHandlersBuilder<E, C, S, Slots> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventHandlersBuilder")
            .finish_non_exhaustive()
    }
}
