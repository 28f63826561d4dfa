//! Channels on one node: who is in them, and what each of them is sent.

use serde_json::{Value, json};
use tests::Peer;
use ws_core::{Close, CloseCode, Limits};

use crate::contract::said;
use crate::node::{Node, Note, Setup};

/// Reads what was said, which must be this.
async fn hears(peer: &mut Peer, text: &str) {
    assert_eq!(peer.next_event("room.said").await, json!({ "text": text }));
}

#[tokio::test]
async fn a_broadcast_reaches_every_connection_once() {
    let node = Node::start().await;
    let mut peers = [
        node.enter("ana").await,
        node.enter("ana").await,
        node.enter("bo").await,
    ];
    node.room.broadcast(&said("first")).unwrap();
    node.room.broadcast(&said("second")).unwrap();
    for peer in &mut peers {
        hears(peer, "first").await;
        hears(peer, "second").await;
    }
}

#[tokio::test]
async fn what_is_sent_to_a_user_reaches_all_of_their_connections_and_nobody_else() {
    let node = Node::start().await;
    let mut ana = [node.enter("ana").await, node.enter("ana").await];
    let mut bo = node.enter("bo").await;
    node.room.send("ana", &said("to ana")).unwrap();
    node.room.send("nobody", &said("to nobody")).unwrap();
    node.room.broadcast(&said("to all")).unwrap();
    for peer in &mut ana {
        hears(peer, "to ana").await;
        hears(peer, "to all").await;
    }
    hears(&mut bo, "to all").await;
}

#[tokio::test]
async fn a_client_broadcasts_to_all_others_and_not_to_itself() {
    let node = Node::start().await;
    let mut sender = node.enter("ana").await;
    let mut others = [node.enter("ana").await, node.enter("bo").await];
    sender
        .emit("room.tell-others", json!({ "text": "hello" }))
        .await;
    for peer in &mut others {
        hears(peer, "hello").await;
    }
    node.room.broadcast(&said("to all")).unwrap();
    hears(&mut sender, "to all").await;
}

#[tokio::test]
async fn a_client_broadcasts_once_for_every_channel_that_it_shares() {
    let node = Node::start().await;
    let mut sender = node.enter_rooms("ana", "room,annex").await;
    let mut both = node.enter_rooms("bo", "room,annex").await;
    let mut one = node.enter_rooms("cy", "annex").await;
    let mut none = node.enter_rooms("di", "elsewhere,room").await;
    sender
        .emit("room.tell-others", json!({ "text": "hello" }))
        .await;
    let mut channels: Vec<Value> = Vec::new();
    for _ in 0..2 {
        channels.push(both.next().await["channel"].take());
    }
    channels.sort_by_key(ToString::to_string);
    assert_eq!(channels, ["annex", "room"]);
    assert_eq!(one.next().await["channel"], "annex");
    assert_eq!(none.next().await["channel"], "room");
}

#[tokio::test]
async fn a_local_broadcast_has_no_position() {
    let node = Node::start().await;
    let mut ana = node.enter("ana").await;
    let mut bo = node.enter("bo").await;
    node.room.broadcast_local(&said("here")).unwrap();
    node.room
        .broadcast_local_except("ana", &said("not to ana"))
        .unwrap();
    node.room.broadcast(&said("everywhere")).unwrap();
    let local = ana.next().await;
    assert_eq!(local["data"]["text"], "here");
    assert!(local.get("pos").is_none() && local.get("channel").is_none());
    hears(&mut ana, "everywhere").await;
    for text in ["here", "not to ana", "everywhere"] {
        hears(&mut bo, text).await;
    }
}

#[tokio::test]
async fn a_user_who_is_unregistered_hears_nothing_more_and_stays_connected() {
    let node = Node::start().await;
    let mut ana = [node.enter("ana").await, node.enter("ana").await];
    let mut bo = node.enter("bo").await;
    node.room.unregister_client("ana").await.unwrap();
    node.room.broadcast(&said("without ana")).unwrap();
    hears(&mut bo, "without ana").await;
    for peer in &mut ana {
        peer.request(1, "work.ask", json!({ "name": "a", "waits": false }))
            .await;
        peer.answer(1).await;
    }
    let participants = node.room.participants().await.unwrap();
    assert!(participants.get("ana").is_none());
}

#[tokio::test]
async fn a_client_that_disconnects_leaves_its_channels() {
    let mut node = Node::start().await;
    let ana = [node.enter("ana").await, node.enter("ana").await];
    let participants = node.room.participants().await.unwrap();
    assert_eq!(participants.get("ana").unwrap().connections, 2);
    let [stays, goes] = ana;
    goes.close(1000).await;
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1000));
    let participants = node.room.participants().await.unwrap();
    assert_eq!(participants.get("ana").unwrap().connections, 1);
    drop(stays);
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1006));
    assert_eq!(node.room.participants().await.unwrap().iter().count(), 0);
}

#[tokio::test]
async fn the_disconnect_of_a_channel_closes_everyone_in_it_after_what_was_sent_before() {
    let node = Node::start().await;
    let mut peers = [node.enter("ana").await, node.enter("bo").await];
    let mut elsewhere = node.enter_rooms("cy", "annex").await;
    node.room.broadcast(&said("the end")).unwrap();
    let close = Close::new(CloseCode::application(4600).unwrap(), "the room is closed");
    node.room.disconnect(close).unwrap();
    for peer in &mut peers {
        hears(peer, "the end").await;
        assert_eq!(peer.closed().await, (4600, "the room is closed".into()));
    }
    elsewhere
        .request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    elsewhere.answer(1).await;
}

#[tokio::test]
async fn a_user_who_is_disconnected_loses_every_connection_after_what_was_sent_before() {
    let mut node = Node::start().await;
    let mut ana = [node.enter("ana").await, node.enter("ana").await];
    let mut elsewhere = node.enter_rooms("ana", "annex").await;
    let mut bo = node.enter("bo").await;
    node.room.send("ana", &said("goodbye")).unwrap();
    let close = Close::new(CloseCode::REVOKED, "banned");
    node.room.disconnect_user("ana", close).unwrap();
    node.room.broadcast(&said("without ana")).unwrap();
    for peer in &mut ana {
        hears(peer, "goodbye").await;
        assert_eq!(peer.closed().await, (4503, "banned".into()));
        assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 4503));
    }
    hears(&mut bo, "without ana").await;
    let participants = node.room.participants().await.unwrap();
    let there: Vec<_> = participants.iter().map(|found| &*found.user).collect();
    assert_eq!(there, ["bo"]);
    // To keep somebody out is the work of whatever lets users in.
    let mut back = node.enter("ana").await;
    node.room.broadcast(&said("hello again")).unwrap();
    for peer in [&mut back, &mut bo] {
        hears(peer, "hello again").await;
    }
    elsewhere
        .request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    elsewhere.answer(1).await;
}

#[tokio::test]
async fn those_who_come_back_after_the_disconnect_of_a_channel_do_not_come_all_at_once() {
    let node = Node::start().await;
    let mut peer = Peer::session(node.address(), "/ws?user=ana&rooms=room").await;
    while peer.next().await["event"] != "app.ready" {}
    let close = Close::new(CloseCode::application(4100).unwrap(), "moved");
    node.room.disconnect(close).unwrap();
    let (told, closed) = peer.rest().await;
    assert_eq!(closed.0, 4100);
    assert_eq!(
        told.last().unwrap()["bye"]["reconnect_in"],
        json!([0, 5000])
    );
}

#[tokio::test]
async fn one_user_may_come_back_at_once() {
    let node = Node::start().await;
    let mut peer = Peer::session(node.address(), "/ws?user=ana&rooms=room").await;
    while peer.next().await["event"] != "app.ready" {}
    let close = Close::new(CloseCode::EXPIRED, "another token, please");
    node.room.disconnect_user("ana", close).unwrap();
    let (told, closed) = peer.rest().await;
    assert_eq!(closed.0, 4005);
    assert_eq!(told.last().unwrap()["bye"]["reconnect_in"], json!([0, 0]));
}

#[tokio::test]
async fn names_that_are_too_long_and_channels_that_are_too_many_are_refused_with_the_reason() {
    let limits = Limits::default()
        .with_name_bytes(5)
        .with_channels_per_client(2);
    for (user, rooms, reason, code) in [
        ("ana", "room,annex,attic", "too many channels", 1011),
        (
            "ana",
            "chamber",
            "a channel name must have 1 to 5 bytes",
            4502,
        ),
        ("ana", "", "a channel name must have 1 to 5 bytes", 4502),
        (
            "bernadette",
            "room",
            "a user id must have 1 to 5 bytes",
            4502,
        ),
        ("", "room", "a user id must have 1 to 5 bytes", 4502),
    ] {
        let mut node = Node::with(Setup {
            limits: limits.clone(),
            ..Setup::default()
        })
        .await;
        let mut other = node.enter_rooms("ana", "room,annex").await;
        let path = format!("/ws?user={user}&rooms={rooms}");
        let mut peer = Peer::bare(node.address(), &path).await;
        assert_eq!(peer.closed().await.0, code, "{user}, {rooms}");
        let note = node.noted().await;
        assert!(
            matches!(&note, Note::Error(error) if error.contains(reason)),
            "{note:?}"
        );
        node.room.broadcast(&said("still here")).unwrap();
        hears(&mut other, "still here").await;
    }
}
