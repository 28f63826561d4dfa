//! Who comes and who leaves, across two nodes.

use tests::within;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use ws_core::{Channel, MemoryHub, Presence};

use crate::contract::{House, said};
use crate::node::{Node, Note, Setup};

async fn two_nodes() -> [Node; 2] {
    let hub = MemoryHub::new();
    let setup = || Setup {
        cluster: hub.node(),
        ..Setup::default()
    };
    [Node::with(setup()).await, Node::with(setup()).await]
}

fn watch(node: &Node) -> UnboundedReceiver<Presence> {
    let (sender, changes) = unbounded_channel();
    node.room.on_presence(move |_, change| {
        sender.send(change).unwrap();
    });
    changes
}

#[tokio::test]
async fn every_node_is_told_once_of_a_users_first_and_last_connection() {
    let [mut one, mut two] = two_nodes().await;
    // A node takes part in a channel from the first client that it has there.
    let _watchers = [one.enter("watcher").await, two.enter("watcher").await];
    let mut changes = [watch(&one), watch(&two)];
    let first = one.enter("ana").await;
    let second = two.enter("ana").await;
    first.close(1000).await;
    assert_eq!(one.noted().await, Note::Disconnected("ana".into(), 1000));
    let bo = one.enter("bo").await;
    second.close(1000).await;
    assert_eq!(two.noted().await, Note::Disconnected("ana".into(), 1000));
    drop(bo);
    assert_eq!(one.noted().await, Note::Disconnected("bo".into(), 1006));
    for changes in &mut changes {
        for expected in [
            Presence::Joined("ana".into()),
            Presence::Joined("bo".into()),
            Presence::Left("ana".into()),
            Presence::Left("bo".into()),
        ] {
            let change = within("a change of presence", changes.recv()).await;
            assert_eq!(change, Some(expected));
        }
        assert!(changes.try_recv().is_err(), "each change is told once");
    }
}

#[tokio::test]
async fn participants_are_those_of_all_nodes() {
    let [one, two] = two_nodes().await;
    let _peers = [
        one.enter("ana").await,
        two.enter("ana").await,
        two.enter("bo").await,
    ];
    for node in [&one, &two] {
        let participants = node.room.participants().await.unwrap();
        let users: Vec<(String, usize)> = participants
            .iter()
            .map(|participant| (participant.user.clone(), participant.connections))
            .collect();
        assert_eq!(users, [("ana".to_owned(), 2), ("bo".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn events_reach_the_clients_of_every_node_and_local_ones_only_those_of_their_own() {
    let [one, two] = two_nodes().await;
    let mut ana = one.enter("ana").await;
    let mut bo = two.enter("bo").await;
    one.room.broadcast_local(&said("local")).unwrap();
    one.room.broadcast(&said("to all")).unwrap();
    for text in ["local", "to all"] {
        assert_eq!(ana.next_event("room.said").await["text"], text);
    }
    // Only now, for what two nodes send at once comes in either order.
    two.room.send("ana", &said("to ana")).unwrap();
    two.room.broadcast(&said("to all again")).unwrap();
    for text in ["to ana", "to all again"] {
        assert_eq!(ana.next_event("room.said").await["text"], text);
    }
    for text in ["to all", "to all again"] {
        assert_eq!(bo.next_event("room.said").await["text"], text);
    }
}

#[tokio::test]
async fn a_user_who_is_back_within_the_grace_has_not_left() {
    let [mut one, _] = two_nodes().await;
    let _watcher = one.enter("watcher").await;
    let (sender, mut changes) = unbounded_channel();
    let grace = std::time::Duration::from_millis(200);
    one.room.on_presence_after(grace, move |_, change| {
        sender.send(change).unwrap();
    });
    let ana = one.enter("ana").await;
    assert_eq!(changes.recv().await, Some(Presence::Joined("ana".into())));
    ana.close(1000).await;
    one.noted().await;
    let ana = one.enter("ana").await;
    ana.close(1000).await;
    one.noted().await;
    let _bo = one.enter("bo").await;
    // She has left once, and that only after him.
    for expected in [Presence::Joined("bo".into()), Presence::Left("ana".into())] {
        assert_eq!(within("a change", changes.recv()).await, Some(expected));
    }
    let participants = one.room.participants().await.unwrap();
    assert_eq!(participants.get("ana"), None);
}

#[tokio::test]
async fn who_comes_while_a_user_may_be_back_knows_of_that_user() {
    let [one, mut two] = two_nodes().await;
    let _watcher = one.enter("watcher").await;
    let (sender, mut changes) = unbounded_channel();
    let grace = std::time::Duration::from_secs(3600);
    one.room.on_presence_after(grace, move |_, change| {
        sender.send(change).unwrap();
    });
    let ana = two.enter("ana").await;
    assert_eq!(changes.recv().await, Some(Presence::Joined("ana".into())));
    let connections = async |room: &Channel<House>| {
        let participants = room.participants().await.unwrap();
        participants.get("ana").map(|ana| ana.connections)
    };
    assert_eq!(connections(&one.room).await, Some(1));
    ana.close(1000).await;
    two.noted().await;
    assert_eq!(connections(&one.room).await, Some(0));
    // That node has no hook, and so nobody there will be told more.
    assert_eq!(connections(&two.room).await, None);
    let _ana = two.enter("ana").await;
    assert_eq!(connections(&one.room).await, Some(1));
}

#[tokio::test]
async fn participants_come_in_pages() {
    let [one, _] = two_nodes().await;
    let mut peers = Vec::new();
    for number in 0..7 {
        peers.push(one.enter(&format!("user-{number}")).await);
    }
    let participants = one.room.participants().await.unwrap();
    let mut seen = Vec::new();
    let mut page = participants.page(None, 3);
    while let Some(last) = page.last() {
        assert!(page.len() <= 3);
        seen.extend(page.iter().map(|user| user.user.clone()));
        page = participants.page(Some(&last.user), 3);
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted());
    assert!(!participants.is_stale());
}
