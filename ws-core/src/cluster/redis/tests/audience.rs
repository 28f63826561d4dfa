//! What waits for Redis, and then for the nodes that are to hear it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use redis_server::RedisServer;
use tokio::time::timeout;

use super::{Given, event, follow, pair, publish, until};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::frame;
use crate::cluster::redis::log::Post;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, Retention};
use crate::protocol::Position;

/// A node whose messages waited for Redis, more than the log keeps; and another one that is still kept out of Redis.
struct Apart {
    server: RedisServer,
    here: RedisBackend,
    /// What the other one is given.
    given: Arc<Given>,
    texts: Vec<String>,
    _there: RedisBackend,
    _own: Arc<Given>,
}

impl Apart {
    async fn start() -> Self {
        let server = RedisServer::start().unwrap();
        let rights = ["on", "nopass", "~*", "&*", "+@all"];
        let user = ["ACL", "SETUSER", "there"];
        server.ask(&[&user[..], &rights].concat()).unwrap();
        let address = server.url().replace("redis://", "redis://there:any@");
        let connect = |url| RedisBackend::connect(RedisOptions::new(url));
        let here = connect(server.url()).await.unwrap();
        let there = connect(address).await.unwrap();
        let retention = Retention::new(200, Duration::from_secs(60));
        let own = follow(&here, retention).await;
        let given = follow(&there, retention).await;
        publish(&here, retention, event("before")).await;
        given.are(1).await;

        server.ask(&["CLIENT", "PAUSE", "60000", "WRITE"]).unwrap();
        let numbers = (0..600).map(|number| format!("{number:050}"));
        let texts: Vec<String> = numbers.collect();
        for frame in texts.chunks(100) {
            let messages = frame.iter().map(event).collect();
            here.publish("room", retention, messages).await.unwrap();
        }
        server.ask(&["ACL", "SETUSER", "there", "off"]).unwrap();
        server.ask(&["CLIENT", "KILL", "USER", "there"]).unwrap();
        server.ask(&["CLIENT", "UNPAUSE"]).unwrap();
        Self {
            server,
            here,
            given,
            texts,
            _there: there,
            _own: own,
        }
    }

    fn let_in(&self) {
        let set = ["ACL", "SETUSER", "there", "on"];
        self.server.ask(&set).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_redis_is_not_cut_from_the_log_before_other_nodes_are_back() {
    let apart = Apart::start().await;
    let waiting = || apart.here.backlog().messages;
    until("some of it was handed on", async || waiting() < 600).await;
    apart.let_in();
    assert_eq!(apart.given.are(601).await[1..], apart.texts);
    // Redis tells the other node of the last of it before it answers this one.
    until("nothing waits", async || waiting() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_long_for_a_node_that_does_not_come_back() {
    let apart = Apart::start().await;
    let drained = apart.here.node().outbox.drained();
    timeout(Duration::from_secs(20), drained).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_log_keeps_waits_for_no_other_node() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let node = node.node();
    let frame = frame::encode_messages(node.name(), &[event("past the log")]);
    let post = Post::new(1, frame, 1, Retention::none());
    let at = Position { seq: 0, mark: 1 };
    // Nobody follows the channel.
    let mut audience = node.audience("room");
    let keys = node.keys.channel("room");
    let handed_on = node.let_return(&mut audience, &keys, &post, at);
    assert_eq!(handed_on.now_or_never(), Some(()));
}
