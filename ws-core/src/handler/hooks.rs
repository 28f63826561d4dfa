//! The hooks of a connection's life.

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};

use super::outcome::{HandlerReturn, Outcome};
use crate::client::Client;
use crate::contract::Contract;
use crate::error::{ClientError, HandlerError};
use crate::event::{NoError, NoReply};
use crate::protocol::Close;

type Connected<C, S> =
    dyn Fn(Client<C, S>) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync;
type Disconnected<C, S> = dyn Fn(Client<C, S>, Close) -> BoxFuture<'static, ()> + Send + Sync;
type Failed<C, S> = dyn Fn(&Client<C, S>, &ClientError) + Send + Sync;

/// What the application does when a connection begins, ends or fails.
pub(crate) struct Hooks<C: Contract, S> {
    connected: Option<Box<Connected<C, S>>>,
    disconnected: Option<Box<Disconnected<C, S>>>,
    error: Option<Box<Failed<C, S>>>,
}

impl<C: Contract, S: Send + Sync + 'static> Hooks<C, S> {
    pub(super) fn new() -> Self {
        Self {
            connected: None,
            disconnected: None,
            error: None,
        }
    }

    pub(super) fn set_connected<F, Fut>(&mut self, hook: F)
    where
        F: Fn(Client<C, S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerReturn<(), NoReply, NoError>> + Send + 'static,
    {
        self.connected = Some(Box::new(move |client| {
            let connected = hook(client);
            async move {
                match connected.await.into_outcome(None) {
                    Outcome::Failed(error) => Err(error),
                    _ => Ok(()),
                }
            }
            .boxed()
        }));
    }

    pub(super) fn set_disconnected<F, Fut>(&mut self, hook: F)
    where
        F: Fn(Client<C, S>, Close) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.disconnected = Some(Box::new(move |client, close| hook(client, close).boxed()));
    }

    pub(super) fn set_error(
        &mut self,
        hook: impl Fn(&Client<C, S>, &ClientError) + Send + Sync + 'static,
    ) {
        self.error = Some(Box::new(hook));
    }

    /// Runs the hook of a new connection.
    pub(crate) fn connected(
        &self,
        client: Client<C, S>,
    ) -> BoxFuture<'static, Result<(), HandlerError>> {
        match &self.connected {
            Some(hook) => hook(client),
            None => future::ready(Ok(())).boxed(),
        }
    }

    /// Runs the hook of a connection that has ended.
    pub(crate) fn disconnected(
        &self,
        client: Client<C, S>,
        close: Close,
    ) -> BoxFuture<'static, ()> {
        match &self.disconnected {
            Some(hook) => hook(client, close),
            None => future::ready(()).boxed(),
        }
    }

    /// Whether the application is told what goes wrong.
    pub(crate) fn has_error(&self) -> bool {
        self.error.is_some()
    }

    /// Reports what went wrong on a connection.
    pub(crate) fn error(&self, client: &Client<C, S>, error: &ClientError) {
        if let Some(hook) = &self.error {
            hook(client, error);
        }
    }
}
