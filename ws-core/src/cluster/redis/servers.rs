//! Servers that come, go and take over from each other, as subscriptions see it.

use std::sync::Arc;
use std::time::Duration;

use redis_server::{RedisCluster, RedisServer};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::RedisBackend;
use super::connector::Address;
use super::feed::Feed;
use super::keys::Partition;
use super::node::Node;
use super::options::RedisOptions;
use super::subscriber::Instruction;
use super::supervisor::Supervisor;
use super::tests::{Given, RETENTION, Takeover, event, follow, open, pair, publish};
use crate::cluster::{Backend, Sink};

/// The supervisor of a server that owns nothing any more.
fn of_before(node: &Arc<Node>) -> Supervisor {
    let host = "127.0.0.1".to_owned();
    let address = Address { host, port: 1 };
    let (instructions, receiver) = unbounded_channel();
    node.subscriber
        .supervisors()
        .insert(address.clone(), instructions);
    Supervisor::new(node, address, receiver)
}

async fn leave(backend: &RedisBackend) {
    backend.detach("room");
    eventually(|| backend.node().feeds.get("room").is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_left_while_its_slot_moved_is_not_followed_for_ever() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let given = follow(&backend, RETENTION).await;
    let feed = node.feeds.get("room").unwrap();
    let mut before = of_before(node);
    before.obey(node, Instruction::Follow(Arc::clone(&feed)));
    drop(given);
    leave(&backend).await;
    assert!(matches!(
        before.instructions.recv().await,
        Some(Instruction::Leave(_))
    ));
    before.hand_over(node);
    // Orders are obeyed one after the other: where this one is, those before it are.
    let _other = open(&backend, "other", RETENTION).await;
    let topic = &feed.keys.topic;
    let listeners = server.ask(&["PUBSUB", "SHARDNUMSUB", topic]).unwrap();
    assert_eq!(listeners.lines().last(), Some("0"), "{listeners}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_the_supervisors_of_servers_that_are_gone() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    for port in 1..10 {
        let host = "127.0.0.1".to_owned();
        node.subscriber
            .tell(node, Address { host, port }, Instruction::Distrust);
    }
    let given = follow(&backend, RETENTION).await;
    drop(given);
    leave(&backend).await;
    eventually(|| node.subscriber.supervisors().is_empty()).await;
    // One that is needed again is there again.
    follow(&backend, RETENTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_taken_up_while_its_server_is_distrusted_is_followed() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let owner = node.topology.owner(Partition::FIRST).unwrap();
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
    let feed = |channel: &str| {
        let keys = node.keys.channel(channel);
        let new = || Feed::new(channel.to_owned(), keys, RETENTION);
        node.feeds.add(channel, Arc::downgrade(&sink), new).0
    };
    // All of this is waiting when it begins to listen.
    let (instructions, receiver) = unbounded_channel();
    let second = feed("second");
    instructions
        .send(Instruction::Follow(feed("first")))
        .unwrap();
    instructions.send(Instruction::Distrust).unwrap();
    instructions
        .send(Instruction::Follow(Arc::clone(&second)))
        .unwrap();
    node.start(Supervisor::new(node, owner, receiver).run());
    let opened = timeout(Duration::from_secs(10), second.opened()).await;
    assert!(opened.is_ok());
}

async fn eventually(is_so: impl Fn() -> bool) {
    let becomes_so = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), becomes_so).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_old_master_has_does_not_pass_for_what_the_new_one_has_in_its_place() {
    let scene = Takeover::begin().await;
    let Takeover { behind, ahead, .. } = &scene;
    let node = behind.node();
    let feed = node.feeds.get("room").unwrap();
    publish(ahead, RETENTION, event("the new one")).await;
    // It hears the new master, and is told once more that the old one is it.
    node.subscriber.leave(&feed);
    eventually(|| feed.subscribed_at().is_none()).await;
    let owner = ahead.node().topology.owner(Partition::FIRST).unwrap();
    let follows = Instruction::Follow(Arc::clone(&feed));
    node.subscriber.tell(node, owner, follows);
    eventually(|| feed.is_live()).await;
    publish(ahead, RETENTION, event("next")).await;
    assert_eq!(
        scene.given.are(5).await[..5],
        ["both", "the old one", "gap", "the new one", "next"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_although_the_server_whose_pushes_are_heard_has_become_a_replica() {
    let cluster = RedisCluster::start().unwrap();
    let backend = RedisBackend::connect(RedisOptions::new(cluster.url())).await;
    let backend = backend.unwrap();
    let node = backend.node();
    let given = follow(&backend, RETENTION).await;
    let feed = node.feeds.get("room").unwrap();
    node.subscriber.leave(&feed);
    eventually(|| feed.subscribed_at().is_none()).await;
    // It takes subscriptions, and hears what its master publishes, but sends away who reads.
    let master = cluster.owner(feed.keys.partition.slot()).unwrap();
    let replica = &cluster.servers[master + RedisCluster::MASTERS];
    let host = "127.0.0.1".to_owned();
    let port = replica.port();
    let follows = Instruction::Follow(Arc::clone(&feed));
    node.subscriber.tell(node, Address { host, port }, follows);
    eventually(|| feed.is_live()).await;
    publish(&backend, RETENTION, event("hello")).await;
    assert_eq!(given.are(1).await, ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_taken_up_again_is_not_replaced_by_what_it_was() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let follow = || async {
        let given = follow(&backend, RETENTION).await;
        (given, node.feeds.get("room").unwrap())
    };
    let (given, was) = follow().await;
    drop(given);
    leave(&backend).await;
    let (_given, is) = follow().await;
    let mut supervisor = of_before(node);
    for feed in [&is, &was] {
        supervisor.obey(node, Instruction::Follow(Arc::clone(feed)));
    }
    assert!(supervisor.follows(&is));
    supervisor.obey(node, Instruction::Leave(was));
    assert!(supervisor.follows(&is));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_for_what_a_channel_was_before_it_was_taken_up_again() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let feed = |sink: &Arc<dyn Sink>| {
        let keys = node.keys.channel("room");
        let new = || Feed::new("room".to_owned(), keys, RETENTION);
        node.feeds.add("room", Arc::downgrade(sink), new).0
    };
    let mut supervisor = of_before(node);
    let sink: Arc<dyn Sink> = Given::new();
    let was = feed(&sink);
    supervisor.obey(node, Instruction::Follow(Arc::clone(&was)));
    was.subscribed(&node.topology.owner(Partition::FIRST).unwrap());
    drop(sink);
    // It is deserted, and nobody has told it so.
    let sink: Arc<dyn Sink> = Given::new();
    supervisor.obey(node, Instruction::Follow(feed(&sink)));
    assert_eq!(was.subscribed_at(), None);
}
