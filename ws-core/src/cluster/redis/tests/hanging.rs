//! A server of a Redis Cluster that hangs, and whom it holds up.

use std::time::Duration;

use redis_server::RedisCluster;
use tokio::time::timeout;

use super::{RETENTION, member, open, until, users};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::keys::Partition;
use crate::cluster::redis::lease::NodeName;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, Enrolment};

/// A node of a cluster of which one server hangs.
struct Case {
    cluster: RedisCluster,
    node: RedisBackend,
    of_leases: usize,
    well: usize,
    hanging: usize,
    /// Channels of a server that is well: of that of the leases, where it is.
    near: Vec<String>,
    /// Channels of the one that hangs.
    far: Vec<String>,
}

impl Case {
    async fn begin() -> Self {
        Self::begin_with(0, 1).await
    }

    /// Which server is well, and which one hangs, counted from that of the leases.
    async fn begin_with(well: usize, hangs: usize) -> Self {
        let cluster = RedisCluster::start().unwrap();
        cluster.wait_until_served().unwrap();
        let options = RedisOptions::new(cluster.url()).with_lease(Duration::from_secs(3));
        let node = RedisBackend::connect(options).await.unwrap();
        let of_leases = cluster.owner(Partition::FIRST.slot()).unwrap();
        let server = |number| (of_leases + number) % RedisCluster::MASTERS;
        let (well, hanging) = (server(well), server(hangs));
        let owner = |channel: &String| {
            let slot = node.node().keys.channel(channel).partition.slot();
            cluster.owner(slot).unwrap()
        };
        let channels_at = |server: usize| {
            let names = (0..).map(|number| format!("channel {number}"));
            let at = names.filter(|channel| owner(channel) == server);
            at.take(12).collect()
        };
        let (near, far) = (channels_at(well), channels_at(hanging));
        let case = Self {
            cluster,
            node,
            of_leases,
            well,
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
async fn a_server_of_the_leases_that_hangs_holds_up_nobody_who_comes_elsewhere() {
    let case = Case::begin_with(1, 0).await;
    let (here, node) = (&case.node, case.node.node());
    let mut given = Vec::new();
    for channel in &case.near[..6] {
        let comes = async {
            given.push(open(here, channel, RETENTION).await);
            here.update(channel, vec![Enrolment::Join(member("ana"))])
                .await
        };
        let came = timeout(Duration::from_secs(1), comes).await;
        assert_eq!(came, Ok(Ok(())));
        // Asked too soon after that, the list says of itself that it is stale.
        until("she is listed", async || {
            users(here, channel).await == ["ana"]
        })
        .await;
        let name = node.name().to_string();
        let keys = node.keys.channel(channel);
        let told = case.cluster.servers[case.well].ask(&["HLEN", &keys.members(&name)]);
        assert_eq!(told.unwrap(), "1", "the others are told");
    }
    // Nor who leaves, nor what is done for those who have left.
    let leaves = async {
        let gone = node.presence.own_members(&case.near[0]);
        let leave = Enrolment::Leave(gone[0].connection);
        here.update(&case.near[0], vec![leave]).await.unwrap();
        here.update(&case.near[0], vec![Enrolment::Join(member("bea"))])
            .await
    };
    assert_eq!(timeout(Duration::from_secs(1), leaves).await, Ok(Ok(())));
    case.signal("CONT");
    let name = node.name().to_string();
    let channels = node.keys.channels_of(&name);
    until("others can take them away when it is gone", async || {
        let listed = case.ask(&["SMEMBERS", &channels]);
        case.near[..6].iter().all(|channel| {
            let mut listed = listed.lines();
            listed.any(|listed| listed == channel)
        })
    })
    .await;
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
