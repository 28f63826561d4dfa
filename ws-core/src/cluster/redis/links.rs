//! The connections for calls, one to each server. Knows servers by their addresses, and nothing of what is asked.

use std::collections::HashMap;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, PushInfo, Value, cmd};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::connector::{Address, Connector};
use super::failure::Failure;
use super::replicas::Replicas;
use super::topology::Owners;

/// The links to the servers, and the owners when it was last looked which links are still needed.
#[derive(Default)]
pub(super) struct Links {
    by_server: HashMap<Address, Arc<Link>>,
    owners: Option<Arc<Owners>>,
}

/// The link to one server: a connection, made when it is needed.
#[derive(Default)]
pub(super) struct Link {
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How often the connection was made.
    generation: u64,
    line: Option<Line>,
}

/// A connection, and what replicas have of what was written on it.
#[derive(Clone)]
pub(super) struct Line {
    connection: MultiplexedConnection,
    replicas: Arc<Replicas>,
}

impl Links {
    /// The link to a server; and the servers to which there is none any more, because they own nothing.
    pub(super) fn to(
        &mut self,
        address: &Address,
        owners: Arc<Owners>,
    ) -> (Arc<Link>, Vec<Address>) {
        let gone = self.drop_unneeded(owners);
        let link = self.by_server.entry(address.clone()).or_default();
        (Arc::clone(link), gone)
    }

    fn drop_unneeded(&mut self, owners: Arc<Owners>) -> Vec<Address> {
        let known = self.owners.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, &owners)) {
            return Vec::new();
        }
        let gone = self.by_server.extract_if(|address, _| {
            let mut owners = owners.iter().flatten();
            !owners.any(|owner| owner == address)
        });
        let gone = gone.map(|(address, _)| address).collect();
        self.owners = Some(owners);
        gone
    }

    #[cfg(test)]
    pub(super) fn servers(&self) -> impl Iterator<Item = &Address> {
        self.by_server.keys()
    }
}

impl Link {
    /// The connection, with its generation. It is made where there is none, and counted.
    pub(super) async fn line(
        &self,
        connector: &Connector,
        address: &Address,
        connections: &watch::Sender<u64>,
    ) -> Result<(u64, Line), Failure> {
        let mut state = self.state.lock().await;
        if let Some(line) = &state.line {
            return Ok((state.generation, line.clone()));
        }
        let connection = connector
            .connect(address, None::<UnboundedSender<PushInfo>>)
            .await?;
        let line = Line {
            connection,
            replicas: Arc::default(),
        };
        connections.send_modify(|count| *count += 1);
        state.generation += 1;
        state.line = Some(line.clone());
        Ok((state.generation, line))
    }

    /// Drops the connection of this generation, which is lost. It may have been replaced already.
    pub(super) async fn drop_line(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.generation == generation {
            state.line = None;
        }
    }

    /// Drops the connection, unless somebody is making one.
    pub(super) fn try_drop_line(&self) {
        if let Ok(mut state) = self.state.try_lock() {
            state.line = None;
        }
    }
}

impl Line {
    /// Makes several calls at once, of which each must be answered without an error.
    pub(super) async fn send(
        &mut self,
        pipeline: &Pipeline,
        asking: bool,
    ) -> Result<Vec<Value>, Failure> {
        let connection = &mut self.connection;
        let answers = if asking {
            let mut asked = redis::pipe();
            for call in pipeline.cmd_iter() {
                asked.add_command(cmd("ASKING")).add_command(call.clone());
            }
            let answers = connection
                .send_packed_commands(&asked, 0, 2 * pipeline.len())
                .await?;
            answers.into_iter().skip(1).step_by(2).collect()
        } else {
            connection
                .send_packed_commands(pipeline, 0, pipeline.len())
                .await?
        };
        // The crate hands errors of single calls through as values.
        answers
            .into_iter()
            .map(|answer| answer.extract_error().map_err(Failure::from))
            .collect()
    }

    /// Waits until so many replicas have everything that was written.
    pub(super) async fn replicated(&self, min_replicas: usize) -> Result<(), Failure> {
        self.replicas.have_all(&self.connection, min_replicas).await
    }
}
