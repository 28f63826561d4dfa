//! Asking Sentinels which server is the master: when a connection is lost, and every second besides. A master that its Sentinels
//! cannot reach may still be reached from here, and takes messages that are lost when it becomes a replica.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use redis::aio::MultiplexedConnection;
use redis::{PushInfo, Value};
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::connector::{Address, Connector};
use super::failure::Failure;
use super::node::Node;
use super::options::SentinelOptions;
use super::reply;

/// How long a Sentinel may take to answer.
const ASK: Duration = Duration::from_secs(1);

/// How often they are asked where nothing else is the matter.
const PERIOD: Duration = Duration::from_secs(1);

/// How long the others have once most Sentinels have answered: one that is away holds up nobody.
const PATIENCE: Duration = Duration::from_millis(100);

/// The Sentinels of one master.
pub(super) struct Sentinels {
    connector: Connector,
    options: SentinelOptions,
    connections: Mutex<HashMap<Address, MultiplexedConnection>>,
    /// What was believed last.
    believed: Mutex<Option<Opinion>>,
}

/// Which server a Sentinel takes for the master, and since which failover.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Opinion {
    master: Address,
    epoch: i64,
}

impl Sentinels {
    pub(super) fn new(connector: &Connector, options: SentinelOptions) -> Self {
        Self {
            connector: connector.without_credentials(),
            options,
            connections: Mutex::default(),
            believed: Mutex::default(),
        }
    }

    /// The master, as the Sentinel says that knows of the latest failover. One that is cut off from the others may not.
    pub(super) async fn master(&self) -> Result<Address, Failure> {
        let opinions = self.opinions().await?;
        let latest = opinions.iter().max_by_key(|opinion| opinion.epoch);
        let latest = latest.ok_or_else(|| Failure::nonsense("SENTINEL"))?;
        let mut believed = self.believed.lock().await;
        if let Some(believed) = &*believed {
            // Whoever has told of the later failover has not answered this time. Only where most were set up anew, it counts
            // no more.
            let is_later = latest.epoch < believed.epoch && !self.are_most(opinions.len());
            if is_later || opinions.contains(believed) && latest.epoch == believed.epoch {
                return Ok(believed.master.clone());
            }
        }
        *believed = Some(latest.clone());
        Ok(latest.master.clone())
    }

    /// What they say, as far as they answer in time: at least one.
    async fn opinions(&self) -> Result<Vec<Opinion>, Failure> {
        let addresses = self.options.addresses.iter();
        let mut answers: FuturesUnordered<_> =
            addresses.map(|address| self.opinion(address)).collect();
        let mut last = Failure::Refused("no Sentinel was named".to_owned());
        let mut opinions = Vec::new();
        loop {
            let patience = match self.are_most(opinions.len()) {
                true => PATIENCE,
                false => 2 * ASK,
            };
            match timeout(patience, answers.next()).await {
                Ok(Some(Ok(opinion))) => opinions.push(opinion),
                Ok(Some(Err(failure))) => last = failure,
                Ok(None) | Err(_) if opinions.is_empty() => return Err(last),
                Ok(None) | Err(_) => return Ok(opinions),
            }
        }
    }

    /// Whether so many are most of them.
    fn are_most(&self, count: usize) -> bool {
        2 * count > self.options.addresses.len()
    }

    async fn opinion(&self, address: &str) -> Result<Opinion, Failure> {
        let Some(address) = Address::parse(address) else {
            let reason = format!("`{address}` is not the address of a Sentinel");
            return Err(Failure::Refused(reason));
        };
        let asked = timeout(ASK, self.ask(&address)).await;
        if !matches!(asked, Ok(Ok(_))) {
            self.connections.lock().await.remove(&address);
        }
        let asked = asked.unwrap_or_else(|_| Err(Failure::timeout("a question to a Sentinel")));
        let [master, details] = asked?;
        let master = read_address(master.extract_error()?).ok_or_else(|| {
            let master = &self.options.master;
            Failure::Refused(format!("the Sentinel {address} knows no master `{master}`"))
        })?;
        Ok(Opinion {
            master,
            // Which may be refused to those who may ask for the address only.
            epoch: read_epoch(details).unwrap_or(0),
        })
    }

    async fn ask(&self, address: &Address) -> Result<[Value; 2], Failure> {
        let known = self.connections.lock().await.get(address).cloned();
        if let Some(connection) = known
            && let Ok(answer) = self.ask_on(connection).await
        {
            return Ok(answer);
        }
        let pushes = None::<UnboundedSender<PushInfo>>;
        let connection = self.connector.connect(address, pushes).await?;
        let mut connections = self.connections.lock().await;
        connections.insert(address.clone(), connection.clone());
        drop(connections);
        self.ask_on(connection).await
    }

    async fn ask_on(&self, mut connection: MultiplexedConnection) -> Result<[Value; 2], Failure> {
        let mut ask = redis::pipe();
        ask.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME");
        ask.arg(&self.options.master);
        ask.cmd("SENTINEL").arg("MASTER").arg(&self.options.master);
        let answers = connection.send_packed_commands(&ask, 0, 2).await?;
        let answers = answers.try_into();
        answers.map_err(|_| Failure::nonsense("SENTINEL"))
    }
}

fn read_address(answer: Value) -> Option<Address> {
    let [host, port] = <[Value; 2]>::try_from(reply::array(answer)?).ok()?;
    let host = reply::text(host)?;
    let port = reply::text(port)?.parse().ok()?;
    Some(Address { host, port })
}

fn read_epoch(details: Value) -> Option<i64> {
    let fields = reply::array(details)?;
    let mut fields = fields.chunks_exact(2);
    let is_epoch = |name: &Value| reply::text(name.clone()).as_deref() == Some("config-epoch");
    let [_, epoch] = fields.find(|field| is_epoch(&field[0]))? else {
        return None;
    };
    reply::integer(epoch)
}

impl Node {
    /// Asks from time to time, as long as the node lives, and leaves a master that is none any more. Nothing where there are no
    /// Sentinels.
    pub(super) async fn watch_sentinels(self: Arc<Self>) {
        if !self.topology.has_sentinels() {
            return;
        }
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // A call may find it first.
            tokio::select! {
                _ = ticks.tick() => self.topology.refresh().await,
                () = self.topology.changed() => {}
            }
            // The one before may still be heard: as a replica, it hands on what the other one publishes.
            self.subscriber.distrust_others(&self.topology.addresses());
        }
    }
}

#[cfg(test)]
mod tests {
    use redis_server::{RedisSentinel, RedisServer};

    use super::super::options::RedisOptions;
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn the_epoch_is_read_whatever_else_a_sentinel_tells() {
        // A master may have the name of a field.
        let fields = ["name", "config-epoch", "config-epoch", "7"].map(text);
        assert_eq!(read_epoch(Value::Array(fields.to_vec())), Some(7));
        assert_eq!(read_epoch(Value::Array(Vec::new())), None);
    }

    #[tokio::test]
    async fn of_sentinels_that_disagree_the_one_is_believed_that_knows_of_the_latest_failover() {
        let [old, new] = [(); 2].map(|()| RedisServer::start().unwrap());
        let mut late = Some(RedisSentinel::start(&old, 3).unwrap());
        let mut latest = Some(RedisSentinel::start(&new, 4).unwrap());
        let mut addresses = [&late, &latest].map(|sentinel| sentinel.as_ref().unwrap().address());
        assert_eq!(asked(&addresses).await, Ok(new.port()));
        addresses.reverse();
        assert_eq!(asked(&addresses).await, Ok(new.port()));
        latest.take();
        assert_eq!(asked(&addresses).await, Ok(old.port()));
        late.take();
        assert!(asked(&addresses).await.is_err());
    }

    #[tokio::test]
    async fn a_later_failover_is_not_forgotten_while_the_sentinel_that_knows_of_it_is_away() {
        let [old, new] = [(); 2].map(|()| RedisServer::start().unwrap());
        let late = [(); 3].map(|()| RedisSentinel::start(&old, 3).unwrap());
        let mut latest = Some(RedisSentinel::start(&new, 4).unwrap());
        let mut addresses: Vec<_> = late.iter().map(RedisSentinel::address).collect();
        addresses.push(latest.as_ref().unwrap().address());
        let two = those_of(&[addresses[0].clone(), addresses[3].clone()]);
        let four = those_of(&addresses);
        for sentinels in [&two, &four] {
            assert_eq!(port(sentinels).await, Ok(new.port()));
        }
        latest.take();
        assert_eq!(
            port(&two).await,
            Ok(new.port()),
            "one of two is not most of them"
        );
        assert_eq!(port(&four).await, Ok(old.port()), "three of four say so");
    }

    fn those_of(addresses: &[String]) -> Sentinels {
        let options = RedisOptions::new("redis://not-used:1")
            .with_sentinels(RedisSentinel::MASTER, addresses.to_vec());
        let (connector, _) = Connector::new(&options).unwrap();
        Sentinels::new(&connector, options.sentinels.unwrap())
    }

    async fn asked(addresses: &[String]) -> Result<u16, Failure> {
        port(&those_of(addresses)).await
    }

    async fn port(sentinels: &Sentinels) -> Result<u16, Failure> {
        let master = sentinels.master().await?;
        Ok(master.port)
    }
}
