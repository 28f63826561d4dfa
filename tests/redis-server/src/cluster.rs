use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::port;
use crate::process::{RedisServer, StartError};

/// How long the servers may take to agree.
const AGREE: Duration = Duration::from_secs(30);

/// A Redis Cluster of three masters with a replica each.
#[derive(Debug)]
pub struct RedisCluster {
    /// The servers: first those that began as masters, then the replica of each in the same order.
    pub servers: Vec<RedisServer>,
}

impl RedisCluster {
    /// How many masters there are.
    pub const MASTERS: usize = 3;

    /// Starts the servers, and waits until all slots are served.
    ///
    /// # Errors
    ///
    /// Where a server does not begin, or they do not agree.
    pub fn start() -> Result<Self, StartError> {
        let servers: Result<Vec<RedisServer>, StartError> =
            (0..2 * Self::MASTERS).map(|_| Self::server()).collect();
        let cluster = Self { servers: servers? };
        cluster.join().map_err(StartError::from)?;
        Ok(cluster)
    }

    fn server() -> Result<RedisServer, StartError> {
        // Ports of the bus lie 10,000 above, or where they are said to be.
        let bus = port::free_port().map_err(StartError::from)?.to_string();
        RedisServer::with(&[
            "--cluster-enabled",
            "yes",
            "--cluster-port",
            &bus,
            "--cluster-node-timeout",
            "2000",
            "--cluster-replica-validity-factor",
            "0",
            "--cluster-require-full-coverage",
            "no",
            "--appendonly",
            "no",
            "--repl-diskless-sync-delay",
            "0",
        ])
    }

    fn join(&self) -> io::Result<()> {
        let (masters, replicas) = self.servers.split_at(Self::MASTERS);
        for (index, master) in masters.iter().enumerate() {
            let first = 16384 * index / Self::MASTERS;
            let last = 16384 * (index + 1) / Self::MASTERS - 1;
            let (first, last) = (first.to_string(), last.to_string());
            master.ask(&["CLUSTER", "ADDSLOTSRANGE", &first, &last])?;
            master.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()])?;
        }
        let known = &masters[0];
        for server in &self.servers[1..] {
            let port = server.port().to_string();
            let bus = bus_port(server)?;
            known.ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus])?;
        }
        for (master, replica) in masters.iter().zip(replicas) {
            let id = master.ask(&["CLUSTER", "MYID"])?;
            wait("a replica knows its master", || {
                replica.ask(&["CLUSTER", "REPLICATE", &id]).is_ok()
            })?;
        }
        self.wait_until_served()
    }

    /// Waits until every server that runs says that all slots are served and that replicas follow.
    ///
    /// # Errors
    ///
    /// Where that does not come to be.
    pub fn wait_until_served(&self) -> io::Result<()> {
        let running = || self.servers.iter().filter(|server| server.id().is_some());
        wait("all slots are served", || {
            running().all(|server| {
                let info = server.ask(&["CLUSTER", "INFO"]).unwrap_or_default();
                let slots = server.ask(&["CLUSTER", "SLOTS"]).unwrap_or_default();
                let replication = server.ask(&["INFO", "replication"]).unwrap_or_default();
                info.contains("cluster_state:ok")
                    && info.contains("cluster_slots_ok:16384")
                    && slots.matches("127.0.0.1").count() >= Self::MASTERS
                    && (replication.contains("role:master")
                        || replication.contains("master_link_status:up"))
            })
        })
    }

    /// The URL of one of the servers that run.
    pub fn url(&self) -> String {
        let running = self.servers.iter().find(|server| server.id().is_some());
        running.map(RedisServer::url).unwrap_or_default()
    }

    /// The server that owns a slot at the moment, as another one sees it.
    ///
    /// # Errors
    ///
    /// Where nobody says.
    pub fn owner(&self, slot: u16) -> io::Result<usize> {
        let running = self.servers.iter().filter(|server| server.id().is_some());
        for server in running {
            let Ok(nodes) = server.ask(&["CLUSTER", "NODES"]) else {
                continue;
            };
            let port = nodes.lines().find_map(|line| owner_port(line, slot));
            let index = port.and_then(|port| {
                let mut servers = self.servers.iter();
                servers.position(|server| server.port() == port)
            });
            if let Some(index) = index {
                return Ok(index);
            }
        }
        Err(io::Error::other(format!("nobody owns slot {slot}")))
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::of(error.to_string())
    }
}

/// The port of a master in a line of `CLUSTER NODES`, where it owns a slot.
fn owner_port(line: &str, slot: u16) -> Option<u16> {
    let mut parts = line.split(' ');
    let address = parts.nth(1)?;
    let flags = parts.next()?;
    if !flags.contains("master") || flags.contains("fail") {
        return None;
    }
    let owns = parts.skip(5).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&slot),
            _ => false,
        }
    });
    let port = address.split('@').next()?.rsplit(':').next()?;
    owns.then(|| port.parse().ok())?
}

fn bus_port(server: &RedisServer) -> io::Result<String> {
    let answer = server.ask(&["CONFIG", "GET", "cluster-port"])?;
    Ok(answer.lines().nth(1).unwrap_or_default().to_owned())
}

fn wait(what: &str, is_so: impl Fn() -> bool) -> io::Result<()> {
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > AGREE {
            return Err(io::Error::other(format!("waited {AGREE:?} until {what}")));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}
