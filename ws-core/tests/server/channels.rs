//! Channels: who receives what, and who is there.

use serde_json::{Value, json};
use ws_core::testing::TestClient;
use ws_core::{Limits, MemoryHub};

use crate::stage::{Seen, Stage};

async fn send(client: &mut TestClient, event: &str, data: Value) {
    let message = json!({"event": event, "data": data});
    client.send(&message.to_string()).await.unwrap();
}

#[tokio::test]
async fn broadcast_reaches_everyone_and_a_clients_own_broadcast_all_others() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let mut other_ana = stage.enter("ana").await;
    let mut bea = stage.enter("bea").await;
    send(&mut ana, "room.tell", json!({"text": "to others"})).await;
    send(&mut ana, "room.say", json!({"text": "to all"})).await;
    for client in [&mut other_ana, &mut bea] {
        assert_eq!(
            client.event("room.tell").await.unwrap()["data"]["text"],
            "to others"
        );
        assert_eq!(client.receive().await.unwrap()["data"]["text"], "to all");
    }
    ana.event("room.joined").await.unwrap();
    assert_eq!(ana.receive().await.unwrap()["data"]["text"], "to all");
}

#[tokio::test]
async fn a_direct_message_reaches_every_connection_of_its_user_on_every_node_and_nobody_else() {
    let hub = MemoryHub::new();
    let here = Stage::on(&hub.node(), Limits::default()).await;
    let there = Stage::on(&hub.node(), Limits::default()).await;
    let mut first = here.enter("ana").await;
    let mut second = there.enter("ana").await;
    let mut bea = there.enter("bea").await;
    let reply = bea
        .call("room.whisper", json!({"to": "ana", "text": "psst"}), 1)
        .await
        .unwrap();
    assert_eq!(reply["data"], json!({}));
    for client in [&mut first, &mut second] {
        assert_eq!(
            client.event("room.whispered").await.unwrap()["data"]["text"],
            "psst"
        );
    }
    send(&mut bea, "room.say", json!({"text": "aloud"})).await;
    assert_eq!(
        bea.receive().await.unwrap()["data"]["text"],
        "aloud",
        "bea had no whisper"
    );
}

#[tokio::test]
async fn users_come_with_their_first_connection_and_leave_with_their_last_across_nodes() {
    let hub = MemoryHub::new();
    let here = Stage::on(&hub.node(), Limits::default()).await;
    let there = Stage::on(&hub.node(), Limits::default()).await;
    let mut watcher = here.enter("watcher").await;
    let mut first = here.enter("ana").await;
    let mut second = there.enter("ana").await;
    assert_eq!(watcher.receive().await.unwrap()["event"], "room.joined");
    let who = watcher.call("room.who", json!({}), 1).await.unwrap();
    assert_eq!(who["data"]["users"], json!([["ana", 2], ["watcher", 1]]));

    first.close(1000).await.unwrap();
    here.becomes("one connection", async |stage| {
        let here = stage.room.participants().await.unwrap();
        here.get("ana").is_some_and(|ana| ana.connections == 1)
    })
    .await;
    second.close(1000).await.unwrap();
    let next = watcher.receive().await.unwrap();
    assert_eq!(
        next["event"], "room.left",
        "nothing came when the first connection ended"
    );
    assert_eq!(next["data"]["id"], "ana");
}

#[tokio::test]
async fn who_leaves_a_channel_stays_connected_and_receives_nothing_of_it() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let mut bea = stage.enter("bea").await;
    send(&mut ana, "room.leave", json!({})).await;
    bea.event("room.left").await.unwrap();
    send(&mut bea, "room.say", json!({"text": "is she gone?"})).await;
    bea.event("room.say").await.unwrap();
    ana.event("room.joined").await.unwrap();
    let next = ana
        .call("ask.double", json!({"number": 1}), 1)
        .await
        .unwrap();
    assert_eq!(next["id"], 1);
}

#[tokio::test]
async fn a_channel_disconnects_everyone_in_it_on_every_node() {
    let hub = MemoryHub::new();
    let mut here = Stage::on(&hub.node(), Limits::default()).await;
    let there = Stage::on(&hub.node(), Limits::default()).await;
    let mut ana = here.enter("ana").await;
    let mut bea = there.enter("bea").await;
    send(&mut ana, "room.say", json!({"text": "the last word"})).await;
    send(&mut ana, "room.clear", json!({})).await;
    for client in [&mut ana, &mut bea] {
        client.event("room.say").await.unwrap();
        assert_eq!(client.closed().await.unwrap(), 4600);
    }
    assert_eq!(here.seen().await, Seen::Disconnected("ana".into(), 4600));
    here.becomes("an empty room", async |stage| {
        stage
            .room
            .participants()
            .await
            .unwrap()
            .iter()
            .next()
            .is_none()
    })
    .await;
}
