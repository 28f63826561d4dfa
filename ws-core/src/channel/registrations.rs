//! Registrations that have begun: a second one of the same connection waits for the first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::protocol::ConnectionId;

/// The registrations of a channel that are in progress. At rest it owns no memory.
#[derive(Default)]
pub(super) struct Registrations(Mutex<State>);

#[derive(Default)]
struct State {
    running: HashMap<ConnectionId, Running>,
    begun: u64,
}

struct Running {
    number: u64,
    /// Wakes those who wait when it is dropped.
    end: watch::Sender<()>,
}

/// What is to be done by a caller that wants to register a connection.
pub(super) enum Begun<'a> {
    /// Register it, while this is kept.
    Now(Registration<'a>),
    /// Wait: another caller is registering it.
    Before(RegistrationEnd),
    /// Nothing: it is registered.
    Over,
}

/// The end of another caller's registration.
pub(super) struct RegistrationEnd(watch::Receiver<()>);

impl RegistrationEnd {
    /// Waits for it. Cancel safe.
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: the sender is dropped.
        while self.0.changed().await.is_ok() {}
    }
}

/// A registration in progress.
pub(super) struct Registration<'a> {
    all: &'a Registrations,
    connection: ConnectionId,
    number: u64,
}

impl Registrations {
    /// Begins a registration where `enter` says that the connection was not in the channel. Locked meanwhile.
    pub(super) fn begin<E>(
        &self,
        connection: ConnectionId,
        enter: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Begun<'_>, E> {
        let mut state = self.state();
        if !enter()? {
            let running = state.running.get(&connection);
            return Ok(running.map_or(Begun::Over, |running| {
                Begun::Before(RegistrationEnd(running.end.subscribe()))
            }));
        }
        state.begun += 1;
        let (number, end) = (state.begun, watch::Sender::new(()));
        state.running.insert(connection, Running { number, end });
        Ok(Begun::Now(Registration {
            all: self,
            connection,
            number,
        }))
    }

    /// Whether `is_in` says that the connection is in the channel, and its registration is not in progress. Locked meanwhile.
    pub(super) fn is_over(&self, connection: ConnectionId, is_in: impl FnOnce() -> bool) -> bool {
        let state = self.state();
        !state.running.contains_key(&connection) && is_in()
    }

    /// Ends the registration of this connection, if there is one, because its effect was undone. Nobody waits for it any more.
    pub(super) fn end(&self, connection: ConnectionId) {
        self.end_if(connection, |_| true);
    }

    fn end_if(&self, connection: ConnectionId, is_it: impl FnOnce(&Running) -> bool) {
        let mut state = self.state();
        if state.running.get(&connection).is_some_and(is_it) {
            state.running.remove(&connection);
        }
        if state.running.is_empty() {
            state.running = HashMap::new();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        let is_this = |running: &Running| running.number == self.number;
        self.all.end_if(self.connection, is_this);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn begin(all: &Registrations, connection: ConnectionId, enters: bool) -> Begun<'_> {
        let enter = || Ok::<_, Infallible>(enters);
        let Ok(begun) = all.begin(connection, enter);
        begun
    }

    #[tokio::test]
    async fn who_comes_second_waits_for_the_end_however_that_comes_and_nothing_is_left_behind() {
        let all = Registrations::default();
        let ana = ConnectionId::random();
        let Begun::Now(first) = begin(&all, ana, true) else {
            panic!("nobody else is at it");
        };
        assert!(matches!(
            begin(&all, ConnectionId::random(), false),
            Begun::Over
        ));
        let Begun::Before(second) = begin(&all, ana, false) else {
            panic!("somebody is at it");
        };
        all.end(ana);
        second.wait().await;
        // The one that was ended does not end the next one.
        let Begun::Now(next) = begin(&all, ana, true) else {
            panic!("nobody else is at it");
        };
        drop(first);
        let Begun::Before(third) = begin(&all, ana, false) else {
            panic!("somebody is at it");
        };
        drop(next);
        third.wait().await;
        assert!(matches!(begin(&all, ana, false), Begun::Over));
        assert_eq!(all.state().running.capacity(), 0);
    }
}
