//! A master whose replicas must have a message before it counts as sent.

use redis_server::RedisServer;
use tokio::time::timeout;
use ws_core::{Cluster, ClusterStatus, RedisOptions, Retention};

use crate::clock::ends_of_leases;
use crate::stage::{Client, DEADLINE, Itinerary, Node, Setup, Stage, eventually};

/// One replica must have everything.
fn replicated(server: &RedisServer) -> RedisOptions {
    RedisOptions::new(server.url()).with_min_replicas(1)
}

/// Waits until a cluster is degraded for this reason, or up again.
async fn becomes(cluster: &Cluster, reason: Option<&str>) {
    let told = async {
        let mut status = cluster.status();
        loop {
            let is_so = match (&status, reason) {
                (ClusterStatus::Up, None) => true,
                (ClusterStatus::Degraded { why, .. }, Some(reason)) => why.contains(reason),
                _ => false,
            };
            if is_so {
                break;
            }
            status = cluster.status_changed_from(&status).await;
        }
    };
    if timeout(DEADLINE, told).await.is_err() {
        panic!("{:?} instead of {reason:?}", cluster.status());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_too_few_replicas_have_waits_and_comes_once_when_they_are_back() {
    let master = RedisServer::start().unwrap();
    let replica = master.replica().unwrap();
    let stage = Stage::set(Setup::with(&replicated(&master))).await;
    let cluster = &stage.nodes[0].cluster;
    assert_eq!(cluster.status(), ClusterStatus::Up);

    replica.signal("STOP").unwrap();
    let reason = format!("replicas of 127.0.0.1:{}: 0 of 1 replicas", master.port());
    becomes(cluster, Some(&reason)).await;
    // The members of its own node have everything, and who is there is known as ever.
    stage.flows_locally().await;
    let before = ends_of_leases(&master);
    let _ana = Client::start("ana", Itinerary::Stays(stage.nodes[0].address())).await;
    let there = &stage.nodes[1].channel;
    let seen = async {
        loop {
            let participants = there.participants().await.unwrap();
            assert!(!participants.is_stale());
            if participants
                .iter()
                .any(|participant| participant.user == "ana")
            {
                break;
            }
        }
    };
    timeout(DEADLINE, seen).await.unwrap();
    eventually("every node gives signs of life", || {
        let now = ends_of_leases(&master);
        now.len() == 2 && now.iter().all(|(node, end)| *end > before[node] + 2_000)
    })
    .await;
    stage.flows_locally().await;

    replica.signal("CONT").unwrap();
    becomes(cluster, None).await;
    stage.flows().await;
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_replicas_survives_connections_that_are_killed() {
    let master = RedisServer::start().unwrap();
    let replica = master.replica().unwrap();
    let stage = Stage::set(Setup::with(&replicated(&master))).await;
    for _ in 0..3 {
        replica.signal("STOP").unwrap();
        let before = master.calls("wait").unwrap();
        eventually("something waits", || {
            master.calls("wait").unwrap() > before + 1
        })
        .await;
        master
            .ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
            .unwrap();
        replica.signal("CONT").unwrap();
        stage.flows().await;
    }
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_with_too_few_replicas_is_told_when_a_node_begins() {
    let master = RedisServer::start().unwrap();
    let node = Node::start(replicated(&master), Retention::default()).await;
    let ClusterStatus::Degraded { why, .. } = node.cluster.status() else {
        panic!("{:?}", node.cluster.status());
    };
    let replicas = format!("replicas of 127.0.0.1:{}: 0 of 1", master.port());
    assert!(why.contains(&replicas), "{why}");
    let _replica = master.replica().unwrap();
    becomes(&node.cluster, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_replicas_unless_told_to() {
    let master = RedisServer::start().unwrap();
    let replica = master.replica().unwrap();
    let connections = || {
        let clients = master.ask(&["CLIENT", "LIST", "TYPE", "normal"]).unwrap();
        clients.lines().filter(|line| !line.is_empty()).count()
    };
    let none = connections();
    let stage = Stage::set(Setup::with(&RedisOptions::new(master.url()))).await;
    replica.signal("STOP").unwrap();
    stage.flows().await;
    replica.signal("CONT").unwrap();
    assert_eq!(master.calls("wait").unwrap(), 0);
    let without = connections() - none;
    stage.flows().await;
    stage.ends().await.is_whole();

    eventually("everybody is gone", || connections() == none).await;
    let stage = Stage::set(Setup::with(&replicated(&master))).await;
    assert_eq!(connections() - none, without + 2, "one more at each node");
    assert!(master.calls("wait").unwrap() > 0);
    stage.flows().await;
    stage.ends().await.is_whole();
}
