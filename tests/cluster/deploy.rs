//! Every node is replaced, one after the other, while everybody talks.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redis_server::RedisServer;
use serde_json::json;
use tests::{Peer, allow_many_files};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use ws_core::{ClusterStatus, RedisOptions, Retention, SendError};

use crate::stage::{DEADLINE, Itinerary, Node, Number, Setup, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_deploy_loses_nothing() {
    let server = RedisServer::start().unwrap();
    let setup = Setup::of(&server);
    let (options, retention) = (setup.options[0].clone(), setup.retention);
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(options.clone(), retention).await);
    }
    let addresses = Arc::new(Mutex::new(
        nodes.iter().map(Node::address).collect::<Vec<_>>(),
    ));
    // The publishers are on nodes that stay.
    let mut stage = Stage::set(setup).await;
    for index in 0..30 {
        let itinerary = Itinerary::Balanced(Arc::clone(&addresses));
        stage.joins(&format!("guest-{index}"), itinerary).await;
    }
    for (index, old) in nodes.into_iter().enumerate() {
        let new = Node::start(options.clone(), retention).await;
        addresses.lock().unwrap()[index] = new.address();
        old.shutdown(Duration::from_secs(5)).await;
        stage.flows().await;
        stage.keeps(new);
    }
    let report = stage.ends().await;
    report.is_whole();
    assert!(report.connections >= 30 + 30, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_right_before_a_node_ends_is_handed_on_when_redis_is_back() {
    let mut server = RedisServer::with(&["--appendonly", "yes"]).unwrap();
    let start = || Node::start(RedisOptions::new(server.url()), Retention::default());
    let (stays, ends) = (start().await, start().await);
    let mut listener = Peer::session(stays.address(), "/ws?user=listener").await;
    listener.next().await;
    let send = |node: &Node, number| {
        let number = Number {
            publisher: 1,
            number,
            padding: String::new(),
        };
        node.channel.broadcast(&number)
    };
    send(&ends, 1).unwrap();
    listener.next_event("numbers.number").await;
    server.kill();
    for number in 2..=5 {
        send(&ends, number).unwrap();
    }
    let cluster = ends.cluster.clone();
    let closing = tokio::spawn(async move { cluster.close(Duration::from_secs(30)).await });
    // Nothing may be over before it is back.
    stays.cluster.status_changed_from(&ClusterStatus::Up).await;
    server.restart().unwrap();
    closing.await.unwrap().unwrap();
    assert_eq!(send(&ends, 6), Err(SendError::Left));
    for number in 2..=5 {
        let next = listener.next_event("numbers.number").await;
        assert_eq!(next["number"], number);
    }
}

/// The time over which a node that ends asks its clients to come back.
const WINDOW: Duration = Duration::from_secs(5);

/// How many clients it has.
const CLIENTS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_of_a_node_that_ends_come_back_spread_over_the_time_that_it_gives_them() {
    allow_many_files();
    let server = RedisServer::start().unwrap();
    let start = || Node::start(RedisOptions::new(server.url()), Retention::default());
    let (old, new) = (start().await, start().await);
    let (ends, has_ended) = watch::channel(None);
    let mut returning = JoinSet::new();
    for number in 0..CLIENTS {
        let path = format!("/ws?user=guest-{number}");
        let mut peer = Peer::session(old.address(), &path).await;
        let position = peer.next().await["joined"]["pos"].take();
        let (address, has_ended) = (new.address(), has_ended.clone());
        returning.spawn(async move {
            // It answers pings until all are there, however long that takes.
            let bye = timeout(DEADLINE, peer.read()).await.unwrap().unwrap();
            let bounds = json!([0, WINDOW.as_millis() as u64]);
            assert_eq!(bye["bye"]["reconnect_in"], bounds, "{bye}");
            let (_, (code, _)) = peer.rest().await;
            assert_eq!(code, 4001);
            let hello = json!({
                "connection": peer.connection(),
                "resume": { "numbers": position },
            });
            drop(peer);
            // As the SDK does: at any time within the bounds, by chance; by the same one in each run.
            let chance: f64 = StdRng::seed_from_u64(number as u64).random();
            sleep(WINDOW.mul_f64(chance)).await;
            // How long the way in takes is a matter of how busy the machine is.
            let begun: Option<Instant> = *has_ended.borrow();
            let came = begun.unwrap().elapsed();
            let mut peer = Peer::session_with(address, &path, hello).await;
            assert_eq!(peer.next().await["joined"]["resumed"], true);
            came
        });
    }
    ends.send_replace(Some(Instant::now()));
    old.shutdown(Duration::from_secs(5)).await;
    let mut tenths = [0; 15];
    for came in returning.join_all().await {
        let tenth = 10 * came.as_millis() / WINDOW.as_millis();
        // The clock runs from the order to end, so that some come a moment after the time is over.
        tenths[usize::try_from(tenth).unwrap()] += 1;
    }
    // A tenth of them is expected in each, give or take what chance and a busy machine do.
    let most = CLIENTS * 15 / 100;
    assert!(tenths.iter().all(|count| *count <= most), "{tenths:?}");
}
