//! Names of channels: those that cannot be, and what one costs in Redis.

use std::collections::BTreeSet;
use std::time::Duration;

use redis_server::RedisServer;
use ws_core::{Channel, Close, Cluster, ClusterError, RedisOptions, Retention, SendError};

use crate::stage::contract::Numbers;
use crate::stage::{Client, Itinerary, Node, Number, eventually};

const DAY: u64 = 86_400;

fn number() -> Number {
    Number {
        publisher: 1,
        number: 1,
        padding: String::new(),
    }
}

#[tokio::test]
async fn what_is_sent_under_a_name_that_cannot_be_is_refused_and_leaves_nothing_in_redis() {
    let server = RedisServer::start().unwrap();
    let cluster = Cluster::redis(server.url()).await.unwrap();
    let before = server.ask(&["KEYS", "*"]).unwrap();
    let limit = 256;
    for name in [String::new(), "x".repeat(257), "é".repeat(129)] {
        let length = name.len();
        let channel: Channel<Numbers> = cluster.channel(&name);
        let sent = SendError::ChannelName { length, limit };
        assert_eq!(channel.broadcast(&number()), Err(sent.clone()));
        assert_eq!(channel.send("ana", &number()), Err(sent.clone()));
        assert_eq!(channel.disconnect(Close::normal()), Err(sent.clone()));
        let ended = channel.disconnect_user("ana", Close::normal());
        assert_eq!(ended, Err(sent.clone()));
        assert_eq!(channel.broadcast_local(&number()), Err(sent.clone()));
        let local = channel.broadcast_local_except("ana", &number());
        assert_eq!(local, Err(sent));
        let asked = ClusterError::ChannelName { length, limit };
        assert_eq!(channel.participants().await.err(), Some(asked.clone()));
        assert_eq!(channel.unregister_client("ana").await, Err(asked));
    }
    let longest: Channel<Numbers> = cluster.channel(&"x".repeat(256));
    longest.broadcast(&number()).unwrap();
    eventually("the longest name has a log", || {
        let keys = server.ask(&["KEYS", "*s:numbers/x*"]);
        keys.is_ok_and(|keys| !keys.is_empty())
    })
    .await;
    // By then, what was sent before would have come, too.
    let after = server.ask(&["KEYS", "*"]).unwrap();
    let others = after.lines().filter(|key| !key.contains("xxx"));
    assert_eq!(others.collect::<BTreeSet<_>>(), before.lines().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_costs_the_keys_that_the_docs_list() {
    let server = RedisServer::start().unwrap();
    let retention = Retention::new(10, Duration::from_secs(100));
    let node = Node::start(RedisOptions::new(server.url()), retention).await;
    let ana = Client::start("ana", Itinerary::Stays(node.address())).await;
    node.channel.broadcast(&number()).unwrap();
    node.channel.disconnect_user("bo", Close::normal()).unwrap();
    // In a frame of its own: beside an order for everyone, one for a user is not kept.
    eventually("the order is kept", || {
        let keys = server.ask(&["KEYS", "*ku:numbers/numbers*"]);
        keys.is_ok_and(|keys| !keys.is_empty())
    })
    .await;
    node.channel.disconnect(Close::normal()).unwrap();
    // She would come back, and be among the members again.
    drop(ana);
    // The longest life of each, in seconds.
    let lives = [
        ("q:", DAY + 125),
        ("s:", 125),
        ("a:", DAY),
        ("k:", DAY),
        ("kn:", DAY),
        ("ku:", DAY),
        ("v:", DAY),
    ];
    eventually("the keys of the docs are there, and no others", || {
        let keys = server.ask(&["KEYS", "*numbers/numbers*"]).unwrap();
        let kind = |key: &str| {
            let (_, rest) = key.split_once('}')?;
            Some(rest.split_once(':')?.0.to_owned() + ":")
        };
        let kinds: BTreeSet<_> = keys.lines().filter_map(kind).collect();
        kinds == lives.iter().map(|(kind, _)| (*kind).to_owned()).collect()
    })
    .await;
    for (kind, most) in lives {
        let key = server
            .ask(&["KEYS", &format!("*}}{kind}numbers/*")])
            .unwrap();
        let life: u64 = server
            .ask(&["TTL", key.trim()])
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert!(most - 60 <= life && life <= most, "{key}: {life}");
    }
}
