//! Nodes whose clocks are wrong.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use redis_server::RedisServer;

use crate::process::Process;
use crate::stage::{Itinerary, Setup, Stage, eventually, leases};

/// The nodes, and when their leases end by the clock of Redis, in milliseconds.
pub(crate) fn ends_of_leases(server: &RedisServer) -> BTreeMap<String, u64> {
    let answer = server
        .ask(&["ZRANGE", &leases(), "0", "-1", "WITHSCORES"])
        .unwrap();
    let words: Vec<&str> = answer.split_whitespace().collect();
    let leases = words.chunks(2);
    leases
        .map(|lease| (lease[0].to_owned(), lease[1].parse().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_clock_an_hour_off_is_like_the_others() {
    let server = RedisServer::start().unwrap();
    let fast = Process::with_clock(&server.url(), "+3600s");
    let slow = Process::with_clock(&server.url(), "-3600s");
    let mut stage = Stage::set(Setup::of(&server)).await;
    for (name, node) in [("fast", &fast), ("slow", &slow)] {
        stage.joins(name, Itinerary::Stays(node.address())).await;
    }
    let all = vec![fast.address(), stage.nodes[0].address(), slow.address()];
    stage.joins("wanders", Itinerary::Moves(all)).await;
    let begun = ends_of_leases(&server);
    assert_eq!(begun.len(), 4, "{begun:?}");
    eventually("each lease was renewed for longer than it lasts", || {
        let now = ends_of_leases(&server);
        // A node that had lost its lease would have come back under another name.
        assert!(now.keys().eq(begun.keys()), "{begun:?} {now:?}");
        now.iter().all(|(node, end)| *end > begun[node] + 3_000)
    })
    .await;
    let participants = stage.nodes[0].channel.participants().await.unwrap();
    for (name, is_early) in [("fast", false), ("slow", true)] {
        let found = participants.iter().find(|user| user.user == name).unwrap();
        let difference = match is_early {
            true => SystemTime::now().duration_since(found.since),
            false => found.since.duration_since(SystemTime::now()),
        };
        let half_an_hour = Duration::from_secs(1_800);
        assert!(difference.unwrap() > half_an_hour, "its clock was right");
    }
    stage.flows().await;
    stage.ends().await.is_whole();
}
