//! Which server owns what, and whom to ask for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use redis::{Cmd, Value, cmd};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::connector::{Address, Connector};
use super::failure::Failure;
use super::keys::{PARTITIONS, Partition};
use super::reply;
use super::sentinels::Sentinels;

/// How long a server may take to say who owns what.
const ASK: Duration = Duration::from_secs(1);

/// The shortest time between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// Which server owns which partition.
pub(super) struct Topology {
    connector: Connector,
    kind: Kind,
    owners: RwLock<Arc<Owners>>,
    known: Mutex<KnownServers>,
    refreshed: tokio::sync::Mutex<Option<Instant>>,
    changed: Notify,
}

/// Servers of a Redis Cluster that may be asked: any of them knows the others.
#[derive(Debug, Default)]
struct KnownServers(BTreeSet<Address>);

impl KnownServers {
    /// Takes what a server has named. Servers that were asked before and did not answer are forgotten, unless they are named.
    fn learn(&mut self, named: Vec<Address>, silent: &[Address]) {
        self.0.retain(|address| !silent.contains(address));
        self.0.extend(named);
    }
}

/// The owner of each partition.
pub(super) type Owners = [Option<Address>; PARTITIONS];

/// What the servers are to each other.
pub(super) enum Kind {
    Single(Address),
    Cluster(Address),
    Sentinels(Box<Sentinels>),
}

impl Topology {
    /// The topology as it is now.
    pub(super) async fn find(connector: Connector, kind: Kind) -> Result<Self, Failure> {
        let topology = Self {
            connector,
            kind,
            owners: RwLock::new(Arc::new([const { None }; PARTITIONS])),
            known: Mutex::default(),
            refreshed: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        };
        topology.ask().await?;
        Ok(topology)
    }

    pub(super) fn owner(&self, partition: Partition) -> Option<Address> {
        self.owners()[partition.index()].clone()
    }

    /// All servers that own something.
    pub(super) fn addresses(&self) -> BTreeSet<Address> {
        self.owners().iter().flatten().cloned().collect()
    }

    pub(super) fn has_sentinels(&self) -> bool {
        matches!(self.kind, Kind::Sentinels(_))
    }

    /// Looks up the owners, unless another caller just did.
    pub(super) async fn refresh(&self) {
        let called = Instant::now();
        let mut refreshed = self.refreshed.lock().await;
        if refreshed.is_some_and(|then| then > called || then.elapsed() < PAUSE) {
            return;
        }
        if let Err(failure) = self.ask().await {
            tracing::debug!(%failure, "could not find out which server owns which slots");
        }
        *refreshed = Some(Instant::now());
    }

    async fn ask(&self) -> Result<(), Failure> {
        match &self.kind {
            Kind::Single(address) => {
                self.set([const { None }; PARTITIONS].map(|_: Option<()>| Some(address.clone())));
                Ok(())
            }
            Kind::Sentinels(sentinels) => {
                let master = sentinels.master().await?;
                self.set([const { None }; PARTITIONS].map(|_: Option<()>| Some(master.clone())));
                Ok(())
            }
            Kind::Cluster(seed) => self.ask_cluster(seed).await,
        }
    }

    async fn ask_cluster(&self, seed: &Address) -> Result<(), Failure> {
        let mut servers: Vec<Address> = self.known().0.iter().cloned().collect();
        if !servers.is_empty() {
            // A random one first, so that a server that is cut off does not mislead for long.
            let start = rand::random_range(0..servers.len());
            servers.rotate_left(start);
        }
        servers.push(seed.clone());
        let mut silent = Vec::new();
        let mut last = Failure::Away(format!("{seed} was not asked"));
        for server in servers {
            let mut ask = cmd("CLUSTER");
            ask.arg("SLOTS");
            match self.ask_one(&self.connector, &server, &ask).await {
                Ok(answer) => match owners(answer, &server) {
                    Some((_, named)) if named.is_empty() => {
                        last = Failure::Away(format!("{server} is not part of a cluster"));
                    }
                    Some((owners, named)) => {
                        self.known().learn(named, &silent);
                        self.set(owners);
                        return Ok(());
                    }
                    None => last = Failure::nonsense("CLUSTER SLOTS"),
                },
                Err(failure) => last = failure,
            }
            silent.push(server);
        }
        Err(last)
    }

    async fn ask_one(
        &self,
        connector: &Connector,
        address: &Address,
        ask: &Cmd,
    ) -> Result<Value, Failure> {
        let asking = async {
            let mut connection = connector
                .connect(address, None::<tokio::sync::mpsc::UnboundedSender<_>>)
                .await?;
            Ok(ask.query_async::<Value>(&mut connection).await?)
        };
        timeout(ASK, asking).await.unwrap_or_else(|_| {
            Err(Failure::timeout(
                "the question which server owns which slots",
            ))
        })
    }

    fn known(&self) -> MutexGuard<'_, KnownServers> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The owner of each partition, in the same `Arc` until they are looked up again.
    pub(super) fn owners(&self) -> Arc<Owners> {
        Arc::clone(&self.owners.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set(&self, owners: Owners) {
        let owners = Arc::new(owners);
        let mut known = self.owners.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *known, Arc::clone(&owners));
        drop(known);
        if before != owners {
            self.changed.notify_one();
        }
    }

    /// Waits until another owner was found, for whoever waits alone.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// Reads the answer to `CLUSTER SLOTS`: the owner of each partition, and every server that is named. One that
/// was taken out of its cluster names none.
fn owners(answer: Value, asked: &Address) -> Option<(Owners, Vec<Address>)> {
    let mut owners: Owners = [const { None }; PARTITIONS];
    let mut seen = Vec::new();
    for range in reply::array(answer)? {
        let mut parts = reply::array(range)?.into_iter();
        let first = reply::integer(&parts.next()?)?;
        let last = reply::integer(&parts.next()?)?;
        let servers: Vec<Address> = parts.filter_map(|server| address(server, asked)).collect();
        let master = servers.first()?.clone();
        seen.extend(servers);
        for partition in Partition::all() {
            if (first..=last).contains(&i64::from(partition.slot())) {
                owners[partition.index()] = Some(master.clone());
            }
        }
    }
    Some((owners, seen))
}

fn address(server: Value, asked: &Address) -> Option<Address> {
    let mut parts = reply::array(server)?.into_iter();
    // A server that does not know its own name is at the one that was asked.
    let host = reply::text(parts.next()?)
        .filter(|host| !host.is_empty() && host != "?")
        .unwrap_or_else(|| asked.host.clone());
    let port = u16::try_from(reply::integer(&parts.next()?)?).ok()?;
    Some(Address { host, port })
}

#[cfg(test)]
mod tests {
    use redis_server::{RedisServer, free_port};

    use super::super::options::RedisOptions;
    use super::*;

    fn address(port: u16) -> Address {
        let host = "127.0.0.1".to_owned();
        Address { host, port }
    }

    #[test]
    fn servers_that_come_and_go_do_not_add_up() {
        let mut known = KnownServers::default();
        for port in 1..1000 {
            // One is replaced each time, and found to be gone by the next look.
            let silent: Vec<Address> = (1..port).map(address).collect();
            known.learn(vec![address(port), address(port + 1)], &silent);
        }
        assert!(known.0.into_iter().eq([address(999), address(1000)]));
    }

    #[test]
    fn a_server_that_does_not_answer_and_is_still_named_is_not_forgotten() {
        let mut known = KnownServers::default();
        known.learn(vec![address(1), address(2)], &[]);
        known.learn(vec![address(2)], &[address(2)]);
        assert!(known.0.into_iter().eq([address(1), address(2)]));
    }

    #[tokio::test]
    async fn a_server_that_was_taken_out_of_its_cluster_is_not_believed() {
        // Where its bus is by default may be another server.
        let bus = free_port().unwrap().to_string();
        let alone = RedisServer::with(&["--cluster-enabled", "yes", "--cluster-port", &bus]);
        let alone = alone.unwrap();
        let (connector, address) = Connector::new(&RedisOptions::new(alone.url())).unwrap();
        let found = Topology::find(connector, Kind::Cluster(address)).await;
        let failure = found.err().unwrap().to_string();
        assert!(failure.contains("not part of a cluster"), "{failure}");
    }
}
