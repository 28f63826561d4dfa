//! Clients that come all at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis_server::RedisServer;
use tokio::task::JoinSet;
use tokio::time::sleep;
use ws_core::RedisOptions;

use super::laps::calls;
use super::metrics::{JOIN_BATCH, JOIN_CPU, JOIN_RATE};
use super::node::Node;
use super::run::Figures;
use super::scale::Scale;
use crate::load::{LoadError, wrong};

/// How long all of them may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connects clients to all nodes, many at once, each a user of its own who joins.
pub(super) async fn joins(scale: &Scale) -> Result<Figures, LoadError> {
    let redis = RedisServer::start().map_err(std::io::Error::other)?;
    let mut nodes = Vec::new();
    for _ in 0..scale.nodes {
        nodes.push(Node::start(RedisOptions::new(redis.url())).await?);
    }
    let nodes = Arc::new(nodes);
    let told = calls(&redis)?;
    let before = redis.computed()?;
    let begun = Instant::now();
    let mut coming = JoinSet::new();
    let (count, at_once) = (scale.joins, scale.at_once);
    for first in 0..at_once {
        let nodes = Arc::clone(&nodes);
        coming.spawn(async move {
            let mut here = Vec::new();
            for number in (first..count).step_by(at_once) {
                let node = &nodes[number % nodes.len()];
                here.push(node.connect(&format!("user-{number}")).await?);
            }
            Ok::<_, LoadError>(here)
        });
    }
    // They stay until everything is measured.
    let mut here = Vec::new();
    while let Some(came) = coming.join_next().await {
        here.push(came.map_err(std::io::Error::other)??);
    }
    let joined = || nodes.iter().map(Node::joined).sum::<usize>();
    while joined() < count {
        if begun.elapsed() > PATIENCE {
            return wrong(format!("only {} of {count} clients joined", joined()));
        }
        sleep(Duration::from_millis(1)).await;
    }
    let elapsed = begun.elapsed();
    // Whatever Redis still has to tell the nodes belongs to it.
    sleep(Duration::from_millis(50)).await;
    let spent = redis.computed()?.saturating_sub(before);
    let told = calls(&redis)? - told;
    for node in &*nodes {
        let participants = node.channel.participants().await?.iter().count();
        if participants != count {
            return wrong(format!(
                "a node knows {participants} of {count} participants"
            ));
        }
    }
    Ok(vec![
        (JOIN_CPU, spent.as_secs_f64() * 1e6 / count as f64),
        (JOIN_RATE, count as f64 / elapsed.as_secs_f64() / 1e3),
        (JOIN_BATCH, count as f64 / told),
    ])
}
