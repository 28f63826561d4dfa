//! Who is there, on all nodes, whatever becomes of the nodes.

use std::time::{Duration, Instant};

use redis_server::RedisServer;
use ws_core::{RedisOptions, Retention};

use crate::clock::ends_of_leases;
use crate::process::Process;
use crate::stage::{Client, Itinerary, Node, eventually};

const LEASE: Duration = Duration::from_secs(3);

async fn node(server: &RedisServer) -> Node {
    let options = RedisOptions::new(server.url()).with_lease(LEASE);
    Node::start(options, Retention::default()).await
}

async fn users(node: &Node) -> Vec<String> {
    let participants = node.channel.participants().await.unwrap();
    participants.iter().map(|user| user.user.clone()).collect()
}

async fn sees(node: &Node, expected: &[&str]) {
    let begun = Instant::now();
    while users(node).await != expected {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{:?} instead of {expected:?}",
            users(node).await
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_takes_its_participants_along_within_its_lease() {
    let server = RedisServer::start().unwrap();
    let here = node(&server).await;
    let changes = here.notes_presence();
    let mut other = Process::start(&server.url());
    let _ana = Client::start("ana", Itinerary::Stays(here.address())).await;
    let _bea = Client::start("bea", Itinerary::Stays(other.address())).await;
    let _cleo = Client::start("cleo", Itinerary::Stays(other.address())).await;
    sees(&here, &["ana", "bea", "cleo"]).await;
    let killed = Instant::now();
    other.kill();
    sees(&here, &["ana"]).await;
    let gone = killed.elapsed();
    assert!(gone <= LEASE + Duration::from_millis(500), "after {gone:?}");
    // Who asks may know it a moment before the hook does.
    eventually("the hook is told", || changes.lock().unwrap().len() == 5).await;
    let mut changes = changes.lock().unwrap().clone();
    changes[..3].sort();
    changes[3..].sort();
    assert_eq!(changes, ["+ana", "+bea", "+cleo", "-bea", "-cleo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_in_a_row_do_not_keep_the_users_of_a_killed_node_listed() {
    let server = RedisServer::start().unwrap();
    let here = node(&server).await;
    let mut other = Process::start(&server.url());
    let _ana = Client::start("ana", Itinerary::Stays(here.address())).await;
    let _bea = Client::start("bea", Itinerary::Stays(other.address())).await;
    sees(&here, &["ana", "bea"]).await;
    let killed = Instant::now();
    other.kill();
    while users(&here).await != ["ana"] {
        let listed = killed.elapsed();
        assert!(
            listed <= LEASE + Duration::from_millis(500),
            "after {listed:?}"
        );
        // As soon as the node has a lease again, it loses it.
        server.ask(&["DEL", &crate::stage::leases()]).unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_while_redis_is_away_is_gone_a_lease_after_redis_is_back() {
    let server = RedisServer::start().unwrap();
    let here = node(&server).await;
    let mut other = Process::start(&server.url());
    let _ana = Client::start("ana", Itinerary::Stays(here.address())).await;
    let _bea = Client::start("bea", Itinerary::Stays(other.address())).await;
    sees(&here, &["ana", "bea"]).await;
    server.signal("STOP").unwrap();
    other.kill();
    tokio::time::sleep(2 * LEASE).await;
    server.signal("CONT").unwrap();
    let back = Instant::now();
    sees(&here, &["ana"]).await;
    let gone = back.elapsed();
    assert!(gone <= LEASE + Duration::from_millis(500), "after {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_pauses_is_gone_and_back_again() {
    let server = RedisServer::start().unwrap();
    let here = node(&server).await;
    let other = Process::start(&server.url());
    let _ana = Client::start("ana", Itinerary::Stays(here.address())).await;
    let _bea = Client::start("bea", Itinerary::Stays(other.address())).await;
    sees(&here, &["ana", "bea"]).await;
    other.signal("STOP");
    sees(&here, &["ana"]).await;
    other.signal("CONT");
    sees(&here, &["ana", "bea"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_seems_to_leave_when_redis_loses_its_data() {
    let server = RedisServer::start().unwrap();
    let (here, there) = (node(&server).await, node(&server).await);
    let changes = here.notes_presence();
    let _ana = Client::start("ana", Itinerary::Stays(here.address())).await;
    let _bea = Client::start("bea", Itinerary::Stays(there.address())).await;
    sees(&here, &["ana", "bea"]).await;
    server.ask(&["FLUSHALL"]).unwrap();
    // Both nodes notice, and tell everything again.
    eventually("both leases are back", || {
        let leases = server.ask(&["ZCARD", &crate::stage::leases()]);
        leases.is_ok_and(|leases| leases == "2")
    })
    .await;
    let _cleo = Client::start("cleo", Itinerary::Stays(there.address())).await;
    sees(&here, &["ana", "bea", "cleo"]).await;
    sees(&there, &["ana", "bea", "cleo"]).await;
    // The hook is called right behind that.
    eventually("the hook is called", || changes.lock().unwrap().len() >= 3).await;
    assert_eq!(*changes.lock().unwrap(), ["+ana", "+bea", "+cleo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_seems_to_leave_when_redis_is_away_for_longer_than_a_lease() {
    let server = RedisServer::start().unwrap();
    let (here, there) = (node(&server).await, node(&server).await);
    let changes = here.notes_presence();
    let ana = Client::start("ana", Itinerary::Stays(here.address())).await;
    let bea = Client::start("bea", Itinerary::Stays(there.address())).await;
    sees(&here, &["ana", "bea"]).await;
    let before = ends_of_leases(&server);
    server.signal("STOP").unwrap();
    tokio::time::sleep(2 * LEASE).await;
    server.signal("CONT").unwrap();
    // All leases have ended. Both nodes go on under new names, and nothing is left of the old ones, a lease later either.
    let last = before.values().max().unwrap() + 2 * u64::try_from(LEASE.as_millis()).unwrap();
    eventually("both have held new leases for long", || {
        let now = ends_of_leases(&server);
        let is_new = |name: &String| !before.contains_key(name);
        let are_old = now.values().all(|end| *end > last + 5_000);
        now.len() == 2 && now.keys().all(is_new) && are_old
    })
    .await;
    let _cleo = Client::start("cleo", Itinerary::Stays(there.address())).await;
    sees(&here, &["ana", "bea", "cleo"]).await;
    sees(&there, &["ana", "bea", "cleo"]).await;
    assert_eq!(*changes.lock().unwrap(), ["+ana", "+bea", "+cleo"]);
    drop((ana, bea));
    sees(&here, &["cleo"]).await;
    sees(&there, &["cleo"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dead_nodes_left_behind_is_not_listed_and_taken_away() {
    let server = RedisServer::start().unwrap();
    {
        let mut other = Process::start(&server.url());
        let _bea = Client::start("bea", Itinerary::Stays(other.address())).await;
        eventually("she is listed", || {
            let keys = server.ask(&["KEYS", "*pr:*"]);
            keys.is_ok_and(|keys| !keys.is_empty())
        })
        .await;
        other.kill();
    }
    let here = node(&server).await;
    sees(&here, &[]).await;
    eventually("nothing is left of the dead node", || {
        server
            .ask(&["KEYS", "*pr:*"])
            .is_ok_and(|keys| keys.is_empty())
            && server
                .ask(&["ZCARD", &crate::stage::leases()])
                .is_ok_and(|leases| leases == "1")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn participants_are_known_as_stale_while_redis_is_away() {
    let mut server = RedisServer::start().unwrap();
    let (here, there) = (node(&server).await, node(&server).await);
    let _ana = Client::start("ana", Itinerary::Stays(here.address())).await;
    let _bea = Client::start("bea", Itinerary::Stays(there.address())).await;
    sees(&here, &["ana", "bea"]).await;
    server.kill();
    let begun = Instant::now();
    loop {
        let participants = here.channel.participants().await.unwrap();
        let known = participants.iter().map(|user| user.user.as_str());
        assert_eq!(known.collect::<Vec<_>>(), ["ana", "bea"]);
        if participants.is_stale() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    // Who comes meanwhile is known on this node at once.
    let _cleo = Client::start("cleo", Itinerary::Stays(here.address())).await;
    sees(&here, &["ana", "bea", "cleo"]).await;
    server.restart().unwrap();
    sees(&there, &["ana", "bea", "cleo"]).await;
}
