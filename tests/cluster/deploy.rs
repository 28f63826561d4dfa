//! Every node is replaced, one after the other, while everybody talks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis_server::RedisServer;

use crate::stage::{Itinerary, Node, Setup, Stage};

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
