//! The page: both nodes side by side, and their condition.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use ws_core::{Cluster, ClusterStatus};

use crate::redis::Redis;

/// What is shown.
#[derive(Debug)]
pub struct Shown {
    pub addresses: Vec<SocketAddr>,
    pub clusters: Vec<Cluster>,
    pub redis: Redis,
}

/// The condition of everything.
#[derive(Serialize)]
struct Condition {
    nodes: Vec<Node>,
    /// Whether Redis is running; `null` if this program did not start it.
    redis: Option<bool>,
}

#[derive(Serialize)]
struct Node {
    url: String,
    /// What is wrong, in words for people.
    trouble: Option<String>,
}

pub fn app(shown: Arc<Shown>) -> Router {
    Router::new()
        .route("/", get(async || Html(include_str!("../page/index.html"))))
        .route("/condition", get(condition))
        .route("/switch", post(switch))
        .with_state(shown)
}

async fn condition(State(shown): State<Arc<Shown>>) -> Json<Condition> {
    Json(now(&shown))
}

fn now(shown: &Shown) -> Condition {
    let nodes = shown.addresses.iter().zip(&shown.clusters);
    Condition {
        nodes: nodes
            .map(|(address, cluster)| Node {
                url: format!("http://{address}/"),
                trouble: match cluster.status() {
                    ClusterStatus::Degraded { why, .. } => Some(why),
                    _ => None,
                },
            })
            .collect(),
        redis: shown.redis.runs(),
    }
}

/// Stops Redis, or starts it again, and returns the condition afterwards.
async fn switch(State(shown): State<Arc<Shown>>) -> Json<Condition> {
    let switched = Arc::clone(&shown);
    let switched = tokio::task::spawn_blocking(move || switched.redis.switch()).await;
    match switched {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!("Redis could not be started again: {error}"),
        Err(error) => tracing::error!("{error}"),
    }
    Json(now(&shown))
}
