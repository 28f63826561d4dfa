//! Nodes that are killed, and how long another node believes in those who were there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis_server::RedisServer;
use tokio::sync::mpsc;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};
use ws_core::{Presence, RedisOptions};

use super::hearing::Hearing;
use super::node::Node;
use super::scale::Scale;
use crate::load::{Crowd, LoadError, PLAIN, wrong};
use crate::servers::Program;

/// How many clients a node has that is killed.
const CLIENTS: usize = 20;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a node in a process of its own, lets clients join there, and kills it, in another phase of its heartbeat each time.
/// Gives the seconds from the kill to the last leave that another node tells.
pub(super) async fn deaths(program: &Program, scale: &Scale) -> Result<Vec<f64>, LoadError> {
    let redis = RedisServer::start().map_err(std::io::Error::other)?;
    let url = redis.url();
    let here = Node::start(RedisOptions::new(&url).with_lease(scale.lease)).await?;
    let (sender, mut changes) = mpsc::unbounded_channel();
    here.channel.on_presence(move |_, change| {
        // After the last kill nobody listens any more.
        drop(sender.send((Instant::now(), change)));
    });
    // The hook is called where there are clients.
    let (hearings, _) = Hearing::of_nodes(1);
    let _witness = here.listen("witness", Arc::clone(&hearings[0])).await?;
    let heartbeat = scale.lease / 3;
    let lease = scale.lease.as_secs().to_string();
    let program =
        program
            .clone()
            .with_arguments(["--redis".to_owned(), url, "--lease".to_owned(), lease]);
    let mut changed = Changed::default();
    changed.until(&mut changes, 1).await?;
    let mut seconds = Vec::new();
    for kill in 0..scale.kills {
        let (node, clients) = block_in_place(|| {
            let node = program.start()?;
            let clients = Crowd::connect(node.address(), &PLAIN, CLIENTS)?;
            Ok::<_, LoadError>((node, clients))
        })?;
        changed.until(&mut changes, CLIENTS + 1).await?;
        sleep(
            heartbeat * u32::try_from(kill).unwrap_or(0) / u32::try_from(scale.kills).unwrap_or(1),
        )
        .await;
        let killed = Instant::now();
        block_in_place(|| drop(node));
        let left = changed.until(&mut changes, 1).await?;
        seconds.push((left - killed).as_secs_f64());
        drop(clients);
    }
    let participants = here.channel.participants().await?.iter().count();
    if participants != 1 {
        return wrong(format!(
            "{participants} participants are listed instead of one"
        ));
    }
    Ok(seconds)
}

/// Who is there, by what was told.
#[derive(Default)]
struct Changed {
    there: BTreeSet<String>,
}

impl Changed {
    /// Waits until so many are there, and says when that was told.
    async fn until(
        &mut self,
        changes: &mut mpsc::UnboundedReceiver<(Instant, Presence)>,
        count: usize,
    ) -> Result<Instant, LoadError> {
        let mut last = Instant::now();
        while self.there.len() != count {
            let Ok(Some((at, change))) = timeout(PATIENCE, changes.recv()).await else {
                return wrong(format!("{} are there instead of {count}", self.there.len()));
            };
            last = at;
            let is_new = match change {
                Presence::Joined(user) => self.there.insert(user),
                Presence::Left(user) => self.there.remove(&user),
            };
            if !is_new {
                return wrong("somebody came or left twice");
            }
        }
        Ok(last)
    }
}
