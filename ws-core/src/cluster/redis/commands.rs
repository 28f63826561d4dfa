use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, PushInfo, Value, cmd};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::timeout;

use super::connector::{Address, Connector};
use super::failure::Failure;
use super::keys::Partition;
use super::replicas::Replicas;
use super::script::Script;
use super::status::Status;
use super::topology::{Owners, Topology};

/// How long a call may take. One that takes longer may have been carried out all the same.
pub(super) const CALL: Duration = Duration::from_millis(1500);

/// Asks the servers, on connections that are used for nothing else: the answers on a connection that also subscribes may be
/// those of other calls.
pub(super) struct Commands {
    connector: Connector,
    topology: Arc<Topology>,
    status: Arc<Status>,
    /// What the connections are for, in the words of the status.
    purpose: &'static str,
    /// How many replicas must have what is [`replicated`](Self::replicated).
    min_replicas: usize,
    links: Mutex<Links>,
}

/// The connections, and the owners when it was last looked which of them are still needed.
#[derive(Default)]
struct Links {
    by_server: HashMap<Address, Arc<Link>>,
    owners: Option<Arc<Owners>>,
}

/// The connection to one server.
#[derive(Default)]
struct Link {
    /// How often it was made anew, and the connection where there is one.
    connection: tokio::sync::Mutex<(u64, Option<Line>)>,
}

/// A connection, and what replicas have of what was written on it.
#[derive(Clone)]
struct Line {
    connection: MultiplexedConnection,
    replicas: Arc<Replicas>,
}

/// What was answered, and on which connection.
pub(super) struct Answered {
    answers: Vec<Value>,
    line: Line,
}

impl Answered {
    /// The answer to the last call.
    pub(super) fn last(&self) -> Option<&Value> {
        self.answers.last()
    }
}

impl Commands {
    pub(super) fn new(connector: Connector, topology: Arc<Topology>, status: Arc<Status>) -> Self {
        Self {
            connector,
            topology,
            status,
            purpose: "commands",
            min_replicas: 0,
            links: Mutex::default(),
        }
    }

    /// The same on connections of their own, because whoever waits for replicas holds up what is called behind it.
    pub(super) fn waiting_for(&self, min_replicas: usize) -> Self {
        Self {
            connector: self.connector.clone(),
            topology: Arc::clone(&self.topology),
            status: Arc::clone(&self.status),
            purpose: "publications",
            min_replicas,
            links: Mutex::default(),
        }
    }

    /// Waits until enough replicas have what was written, up to and with what was answered; or fails, and then they may have
    /// it all the same.
    pub(super) async fn replicated(&self, answered: &Answered) -> Result<(), Failure> {
        if self.min_replicas == 0 {
            return Ok(());
        }
        let Line {
            connection,
            replicas,
        } = &answered.line;
        replicas.have_all(connection, self.min_replicas).await
    }

    /// Makes one call.
    pub(super) async fn call(&self, partition: Partition, call: &Cmd) -> Result<Value, Failure> {
        let mut pipeline = redis::pipe();
        pipeline.add_command(call.clone());
        let mut answers = self.calls(partition, &pipeline).await?;
        answers.pop().ok_or_else(|| Failure::nonsense("a call"))
    }

    /// Makes one call at this server, whoever owns the partition by now; without one, at the owner.
    pub(super) async fn call_at(
        &self,
        server: Option<&Address>,
        partition: Partition,
        call: &Cmd,
    ) -> Result<Value, Failure> {
        let Some(server) = server else {
            return self.call(partition, call).await;
        };
        let mut pipeline = redis::pipe();
        pipeline.add_command(call.clone());
        let answered = match self.calls_at(server, &pipeline, false).await {
            Err(Failure::Ask(address)) => self.calls_at(&address, &pipeline, true).await,
            answered => answered,
        };
        let answer = answered?.answers.pop();
        answer.ok_or_else(|| Failure::nonsense("a call"))
    }

    /// Runs a script, which is sent where the server does not know it yet.
    pub(super) async fn script(
        &self,
        partition: Partition,
        script: &Script,
        keys: &[&str],
        arguments: &[&[u8]],
    ) -> Result<Value, Failure> {
        self.script_at(None, partition, script, keys, arguments)
            .await
    }

    /// The same at this server, whoever owns the partition by now; without one, at the owner.
    pub(super) async fn script_at(
        &self,
        server: Option<&Address>,
        partition: Partition,
        script: &Script,
        keys: &[&str],
        arguments: &[&[u8]],
    ) -> Result<Value, Failure> {
        let call = script.by_hash(keys, arguments);
        match self.call_at(server, partition, &call).await {
            Err(Failure::Unknown) => {
                let call = script.by_text(keys, arguments);
                self.call_at(server, partition, &call).await
            }
            answer => answer,
        }
    }

    /// Makes several calls and runs a script behind them. Where the server does not know the script, it is all done again.
    pub(super) async fn calls_then(
        &self,
        partition: Partition,
        pipeline: &Pipeline,
        script: &Script,
        keys: &[&str],
        arguments: &[&[u8]],
    ) -> Result<Answered, Failure> {
        let with = |call: Cmd| {
            let mut pipeline = pipeline.clone();
            pipeline.add_command(call);
            pipeline
        };
        let calls = with(script.by_hash(keys, arguments));
        match self.answered(partition, &calls).await {
            Err(Failure::Unknown) => {
                let calls = with(script.by_text(keys, arguments));
                self.answered(partition, &calls).await
            }
            answered => answered,
        }
    }

    /// Makes several calls at once, of which each must be answered without an error.
    pub(super) async fn calls(
        &self,
        partition: Partition,
        pipeline: &Pipeline,
    ) -> Result<Vec<Value>, Failure> {
        Ok(self.answered(partition, pipeline).await?.answers)
    }

    /// The same, of which can then be waited for that it is [`replicated`](Self::replicated).
    pub(super) async fn answered(
        &self,
        partition: Partition,
        pipeline: &Pipeline,
    ) -> Result<Answered, Failure> {
        let calls = async {
            let owner = self.owner(partition)?;
            match self.calls_at(&owner, pipeline, false).await {
                Err(Failure::Ask(address)) => self.calls_at(&address, pipeline, true).await,
                Err(Failure::Moved(_)) => {
                    self.topology.refresh().await;
                    self.calls_at(&self.owner(partition)?, pipeline, false)
                        .await
                }
                answer => answer,
            }
        };
        calls.await
    }

    /// Whether a partition's server did not answer when it was asked last.
    pub(super) fn is_away(&self, partition: Partition) -> bool {
        let owner = self.topology.owner(partition);
        owner.is_none_or(|owner| self.status.has_ill(&self.component(&owner)))
    }

    fn owner(&self, partition: Partition) -> Result<Address, Failure> {
        let owner = self.topology.owner(partition);
        owner.ok_or_else(|| Failure::Away("no server owns this part of the cluster".to_owned()))
    }

    async fn calls_at(
        &self,
        address: &Address,
        pipeline: &Pipeline,
        asking: bool,
    ) -> Result<Answered, Failure> {
        let link = self.link(address);
        let calling = async {
            let (turn, mut line) = link.line(&self.connector, address).await?;
            let answers = send(&mut line.connection, pipeline, asking).await;
            if let Err(Failure::Away(_)) = &answers {
                link.lost(turn).await;
            }
            Ok(Answered {
                answers: answers?,
                line,
            })
        };
        let answered = match timeout(CALL, calling).await {
            Ok(answered) => answered,
            Err(_) => {
                // Whether only this answer is late or the server is gone cannot be told. A new connection does no harm.
                if let Ok(mut connection) = link.connection.try_lock() {
                    connection.1 = None;
                }
                Err(Failure::timeout("a call"))
            }
        };
        let component = self.component(address);
        match &answered {
            Ok(_) => self.status.is_well(&component),
            Err(Failure::Away(reason)) => self.status.is_ill(&component, reason),
            // The server answers. What it says concerns one call.
            Err(_) => {}
        }
        if let Err(Failure::Away(_)) = &answered {
            self.topology.refresh().await;
            if !self.topology.addresses().contains(address) {
                self.status.is_well(&component);
            }
        }
        answered
    }

    fn link(&self, address: &Address) -> Arc<Link> {
        let (link, gone) = {
            let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            let gone = links.without(self.topology.owners());
            let link = links.by_server.entry(address.clone()).or_default();
            (Arc::clone(link), gone)
        };
        for (address, _) in gone {
            self.status.is_well(&self.component(&address));
        }
        link
    }

    fn component(&self, address: &Address) -> String {
        format!("{} to {address}", self.purpose)
    }
}

impl Links {
    /// Takes out the connections to servers that own nothing any more.
    fn without(&mut self, owners: Arc<Owners>) -> Vec<(Address, Arc<Link>)> {
        if self
            .owners
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, &owners))
        {
            return Vec::new();
        }
        let gone = self.by_server.extract_if(|address, _| {
            let mut owners = owners.iter().flatten();
            !owners.any(|owner| owner == address)
        });
        let gone = gone.collect();
        self.owners = Some(owners);
        gone
    }
}

impl Link {
    async fn line(&self, connector: &Connector, address: &Address) -> Result<(u64, Line), Failure> {
        let mut link = self.connection.lock().await;
        if let (turn, Some(line)) = &*link {
            return Ok((*turn, line.clone()));
        }
        let connection = connector
            .connect(address, None::<UnboundedSender<PushInfo>>)
            .await?;
        let line = Line {
            connection,
            replicas: Arc::default(),
        };
        link.0 += 1;
        link.1 = Some(line.clone());
        Ok((link.0, line))
    }

    /// Somebody noticed that a connection is lost. It may have been replaced already.
    async fn lost(&self, turn: u64) {
        let mut link = self.connection.lock().await;
        if link.0 == turn {
            link.1 = None;
        }
    }
}

async fn send(
    connection: &mut MultiplexedConnection,
    pipeline: &Pipeline,
    asking: bool,
) -> Result<Vec<Value>, Failure> {
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

#[cfg(test)]
mod tests {
    use redis_server::RedisServer;

    use super::super::keys::PARTITIONS;
    use super::super::options::RedisOptions;
    use super::super::topology::Kind;
    use super::*;
    use crate::cluster::ClusterStatus;

    #[tokio::test]
    async fn nothing_is_left_of_a_server_that_another_one_has_taken_over_from() {
        let server = RedisServer::start().unwrap();
        let (connector, here) = Connector::new(&RedisOptions::new(server.url())).unwrap();
        let gone = Address::parse("127.0.0.1:1").unwrap();
        let topology = Topology::find(connector.clone(), Kind::Single(here.clone())).await;
        let topology = Arc::new(topology.unwrap());
        let status = Arc::new(Status::new());
        let commands = Commands::new(connector, Arc::clone(&topology), Arc::clone(&status));
        let is_owned_by = |owner: &Address| {
            topology.set([const { None }; PARTITIONS].map(|_: Option<()>| Some(owner.clone())))
        };
        let ping = cmd("PING");
        let call = || commands.call(Partition::FIRST, &ping);
        call().await.unwrap();
        // Who calls looks who owns what, unless somebody just did.
        topology.refresh().await;
        is_owned_by(&gone);
        call().await.unwrap_err();
        is_owned_by(&here);
        call().await.unwrap();
        assert_eq!(*status.watch().borrow(), ClusterStatus::Up);
        let links = commands.links.lock().unwrap();
        assert!(links.by_server.keys().eq([&here]));
    }
}
