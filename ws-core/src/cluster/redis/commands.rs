//! Calls to the servers: to whom, how often, and what their failures mean for the others.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use tokio::sync::watch;
use tokio::time::timeout;

use super::connector::{Address, Connector};
use super::failure::Failure;
use super::keys::Partition;
use super::links::{Line, Link, Links};
use super::script::Script;
use super::status::Status;
use super::topology::Topology;

/// How long a call may take. One that takes longer may have been carried out all the same.
pub(super) const CALL: Duration = Duration::from_millis(1500);

/// Makes calls at the servers, on connections that are used for nothing else: on a connection that also subscribes, answers may
/// be mistaken for those of other calls.
pub(super) struct Commands {
    connector: Connector,
    topology: Arc<Topology>,
    status: Arc<Status>,
    /// What the connections are for, as the status names it.
    purpose: &'static str,
    /// How many replicas must have what is [`replicated`](Self::replicated).
    min_replicas: usize,
    links: Mutex<Links>,
    /// How many connections were made.
    connections: watch::Sender<u64>,
}

/// What was answered, and on which connection.
pub(super) struct Answered {
    answers: Vec<Value>,
    line: Line,
    /// By whom; unless this one was asked only because a slot is on its way there.
    server: Option<Address>,
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
            connections: watch::Sender::default(),
        }
    }

    /// The same, on connections of its own: waiting for replicas holds up the calls behind it.
    pub(super) fn waiting_for(&self, min_replicas: usize) -> Self {
        Self {
            connector: self.connector.clone(),
            topology: Arc::clone(&self.topology),
            status: Arc::clone(&self.status),
            purpose: "publications",
            min_replicas,
            links: Mutex::default(),
            connections: watch::Sender::default(),
        }
    }

    /// Waits until enough replicas have everything written up to this answer. Where that fails, they may have it all the same.
    pub(super) async fn replicated(&self, answered: &Answered) -> Result<(), Failure> {
        if self.min_replicas == 0 {
            return Ok(());
        }
        answered.line.replicated(self.min_replicas).await
    }

    /// Whether the server that has answered still owns the partition.
    pub(super) fn is_from_owner(&self, answered: &Answered, partition: Partition) -> bool {
        let owners = self.topology.owners();
        let owner = owners[partition.index()].as_ref();
        answered.server.is_none() || answered.server.as_ref() == owner
    }

    /// Makes one call.
    pub(super) async fn call(&self, partition: Partition, call: &Cmd) -> Result<Value, Failure> {
        let mut pipeline = redis::pipe();
        pipeline.add_command(call.clone());
        let mut answers = self.calls(partition, &pipeline).await?;
        answers.pop().ok_or_else(|| Failure::nonsense("a call"))
    }

    /// Makes one call at this server, whoever owns the partition by now; without a server, at the owner.
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

    /// Runs a script. Its text is sent only where the server does not know it yet.
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

    /// The same at this server, whoever owns the partition by now; without a server, at the owner.
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

    /// Makes several calls, and runs a script behind them. Where the server does not know the script, all of it is done again.
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

    /// The same. Whoever has the answers can wait until they are [`replicated`](Self::replicated).
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

    /// How many connections were made.
    pub(super) fn connections(&self) -> watch::Receiver<u64> {
        self.connections.subscribe()
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
            let (generation, mut line) = link
                .line(&self.connector, address, &self.connections)
                .await?;
            let answers = line.send(pipeline, asking).await;
            if let Err(Failure::Away(_)) = &answers {
                link.drop_line(generation).await;
            }
            Ok(Answered {
                answers: answers?,
                line,
                server: (!asking).then(|| address.clone()),
            })
        };
        let answered = match timeout(CALL, calling).await {
            Ok(answered) => answered,
            Err(_) => {
                // Whether only this answer is late or the server is gone cannot be told. A new connection does no harm.
                link.try_drop_line();
                Err(Failure::timeout("a call"))
            }
        };
        let component = self.component(address);
        match &answered {
            Ok(_) => self.status.clear(&component),
            Err(Failure::Away(reason)) => self.status.note_failure(&component, reason),
            // The server answers. What it says concerns one call.
            Err(_) => {}
        }
        if let Err(Failure::Away(_)) = &answered {
            self.topology.refresh().await;
            if !self.topology.addresses().contains(address) {
                self.status.clear(&component);
            }
        }
        answered
    }

    fn link(&self, address: &Address) -> Arc<Link> {
        let (link, gone) = {
            let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            links.to(address, self.topology.owners())
        };
        for address in gone {
            self.status.clear(&self.component(&address));
        }
        link
    }

    fn component(&self, address: &Address) -> String {
        format!("{} to {address}", self.purpose)
    }
}

#[cfg(test)]
mod tests {
    use redis::cmd;
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
        // A failed call looks up the owners, unless somebody just did.
        topology.refresh().await;
        is_owned_by(&gone);
        call().await.unwrap_err();
        is_owned_by(&here);
        call().await.unwrap();
        assert_eq!(*status.watch().borrow(), ClusterStatus::Up);
        let links = commands.links.lock().unwrap();
        assert!(links.servers().eq([&here]));
    }
}
