//! Asking Sentinels which server is the master: when a connection is lost, and every second besides. A master that its Sentinels
//! cannot reach may still be reached from here, and takes messages that are lost when it becomes a replica.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
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

/// The Sentinels of one master.
pub(super) struct Sentinels {
    connector: Connector,
    options: SentinelOptions,
    connections: Mutex<HashMap<Address, MultiplexedConnection>>,
}

/// Which server one of them takes for the master, and since which failover.
#[derive(Debug)]
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
        }
    }

    /// The master, as the Sentinel says that knows of the latest failover. One that is cut off from the others may not.
    pub(super) async fn master(&self) -> Result<Address, Failure> {
        let addresses = &self.options.addresses;
        let opinions = join_all(addresses.iter().map(|address| self.opinion(address))).await;
        let mut latest: Result<Opinion, Failure> =
            Err(Failure::Refused("no Sentinel was named".to_owned()));
        for opinion in opinions {
            let is_earlier = match (&opinion, &latest) {
                (Ok(opinion), Ok(latest)) => opinion.epoch <= latest.epoch,
                (Err(_), Ok(_)) => true,
                (_, Err(_)) => false,
            };
            if !is_earlier {
                latest = opinion;
            }
        }
        Ok(latest?.master)
    }

    async fn opinion(&self, address: &str) -> Result<Opinion, Failure> {
        let Some(address) = Address::parse(address) else {
            let reason = format!("`{address}` is not the address of a Sentinel");
            return Err(Failure::Refused(reason));
        };
        let asked = timeout(ASK, self.ask(&address)).await;
        let asked = asked.unwrap_or_else(|_| Err(Failure::timeout("a question to a Sentinel")));
        if asked.is_err() {
            self.connections.lock().await.remove(&address);
        }
        let [master, details] = asked?;
        let master = read_address(master).ok_or_else(|| {
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
        let connection = self.connections.lock().await.get(address).cloned();
        let mut connection = match connection {
            Some(connection) => connection,
            None => {
                let pushes = None::<UnboundedSender<PushInfo>>;
                let connection = self.connector.connect(address, pushes).await?;
                let mut connections = self.connections.lock().await;
                connections.insert(address.clone(), connection.clone());
                connection
            }
        };
        let mut ask = redis::pipe();
        ask.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME");
        ask.arg(&self.options.master);
        ask.cmd("SENTINEL").arg("MASTER").arg(&self.options.master);
        let answers = connection.send_packed_commands(&ask, 0, 2).await?;
        answers
            .try_into()
            .map_err(|_| Failure::nonsense("SENTINEL"))
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
            ticks.tick().await;
            self.topology.refresh().await;
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
        let asked = async |addresses: &[String; 2]| {
            let options = RedisOptions::new(old.url())
                .with_sentinels(RedisSentinel::MASTER, addresses.clone());
            let (connector, _) = Connector::new(&options).unwrap();
            let sentinels = Sentinels::new(&connector, options.sentinels.unwrap());
            sentinels.master().await.map(|master| master.port)
        };
        assert_eq!(asked(&addresses).await, Ok(new.port()));
        addresses.reverse();
        assert_eq!(asked(&addresses).await, Ok(new.port()));
        latest.take();
        assert_eq!(asked(&addresses).await, Ok(old.port()));
        late.take();
        assert!(asked(&addresses).await.is_err());
    }
}
