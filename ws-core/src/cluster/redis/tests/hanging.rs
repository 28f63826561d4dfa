//! A server of a Redis Cluster that hangs, and whom it holds up.

use std::time::Duration;

use redis_server::RedisCluster;
use tokio::time::timeout;

use super::{member, until};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::keys::Partition;
use crate::cluster::redis::lease::NodeName;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, Enrolment};

/// A node of a cluster of which one server hangs, while that of the leases is well.
struct Case {
    cluster: RedisCluster,
    node: RedisBackend,
    of_leases: usize,
    hanging: usize,
    /// Channels that the server of the leases has.
    near: Vec<String>,
    /// Channels that the other one has.
    far: Vec<String>,
}

impl Case {
    async fn begin() -> Self {
        let cluster = RedisCluster::start().unwrap();
        cluster.wait_until_served().unwrap();
        let options = RedisOptions::new(cluster.url()).with_lease(Duration::from_secs(3));
        let node = RedisBackend::connect(options).await.unwrap();
        let of_leases = cluster.owner(Partition::FIRST.slot()).unwrap();
        let hanging = (of_leases + 1) % RedisCluster::MASTERS;
        let owner = |channel: &String| {
            let slot = node.node().keys.channel(channel).partition.slot();
            cluster.owner(slot).unwrap()
        };
        let channels_at = |server: usize| {
            let names = (0..).map(|number| format!("channel {number}"));
            let at = names.filter(|channel| owner(channel) == server);
            at.take(12).collect()
        };
        let (near, far) = (channels_at(of_leases), channels_at(hanging));
        let case = Self {
            cluster,
            node,
            of_leases,
            hanging,
            near,
            far,
        };
        case.signal("STOP");
        case
    }

    fn signal(&self, signal: &str) {
        // With its replica: nobody takes over.
        for server in [self.hanging, self.hanging + RedisCluster::MASTERS] {
            self.cluster.servers[server].signal(signal).unwrap();
        }
    }

    /// Asks the server of the leases.
    fn ask(&self, command: &[&str]) -> String {
        self.cluster.servers[self.of_leases].ask(command).unwrap()
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_holds_up_neither_signs_of_life_nor_who_comes_elsewhere() {
    let case = Case::begin().await;
    let (here, node) = (&case.node, case.node.node());
    let joins = case
        .far
        .iter()
        .map(|channel| here.update(channel, vec![Enrolment::Join(member("ana"))]));
    futures_util::future::join_all(joins).await;
    let ends = || {
        let name = node.name().to_string();
        let score = case.ask(&["ZSCORE", &node.keys.leases(), &name]);
        score.parse::<f64>().unwrap()
    };
    for channel in &case.near[..3] {
        let before = ends();
        let joins = here.update(channel, vec![Enrolment::Join(member("bea"))]);
        let joined = timeout(Duration::from_secs(1), joins).await;
        assert_eq!(joined, Ok(Ok(())));
        until("the lease is renewed", async || ends() > before).await;
    }
    assert_eq!(node.name().incarnation, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_dead_have_left_at_a_server_that_hangs_holds_up_nobody_who_is_told_of_elsewhere() {
    let case = Case::begin().await;
    let (here, node) = (&case.node, case.node.node());
    let (near, far) = (&case.near[0], &case.far[0]);
    let dead: Vec<NodeName> = (0..20).map(|_| NodeName::random()).collect();
    for name in &dead {
        let channels = node.keys.channels_of(&name.to_string());
        case.ask(&["SADD", &channels, far]);
    }
    here.update(near, vec![Enrolment::Join(member("ana"))])
        .await
        .unwrap();
    node.presence.note_ended(&dead);
    node.presence.tell_later(near);
    until("she is told of again", async || {
        !node.presence.is_outdated(near)
    })
    .await;
}
