//! A client without a socket, for `benches`: everything but the kernel.

use std::io::IoSlice;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::Server;
use super::dispatch::Dispatch;
use crate::client::{Client, Connection};
use crate::contract::Contract;

/// A client whose messages come from memory, and which takes everything at once that it is sent.
pub struct Socketless<C: Contract, S> {
    dispatch: Dispatch<C, S>,
}

impl<C: Contract, S: Send + Sync + 'static> Socketless<C, S> {
    /// A client of this server.
    pub fn new(server: &Server<C, S>, session: S) -> Self {
        let shared = Arc::clone(&server.shared);
        let connection = Connection::new(Arc::clone(&shared.common), None, None);
        let client = Client::new(Arc::new(connection), session);
        Self {
            dispatch: Dispatch::new(shared, client, false),
        }
    }

    /// As handlers see it.
    pub fn client(&self) -> &Client<C, S> {
        &self.dispatch.client
    }

    /// Handles a message, as the connection's task does, and returns how many bytes were sent.
    pub fn handle(&mut self, text: &str) -> usize {
        let mut cx = Context::from_waker(Waker::noop());
        self.client().connection().outbox.hold(&cx);
        self.dispatch.handle(&mut cx, text);
        self.take()
    }

    /// Takes what it was sent, and returns how many bytes that was.
    pub fn take(&self) -> usize {
        let mut bytes = 0;
        let mut write = |slices: &[IoSlice<'_>]| {
            let taken = slices.iter().map(|slice| slice.len()).sum();
            bytes += taken;
            Ok(taken)
        };
        self.client().connection().outbox.release_to(&mut write);
        bytes
    }
}
