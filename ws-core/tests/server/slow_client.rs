//! A client that does not read: it is disconnected, and harms nobody.

use serde_json::json;
use ws_core::testing::RawSocket;
use ws_core::{Limits, testing::TestClient};

use crate::stage::{Seen, Stage, path};

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_with_4008_and_others_are_not_held_up() {
    let limits = Limits::default()
        .with_outbox(64 * 1024)
        .with_close(std::time::Duration::from_millis(300));
    let mut stage = Stage::with(limits).await;
    let _stalled = RawSocket::upgrade(stage.address, &path("stalled"))
        .await
        .unwrap();
    let mut talker = stage.enter("talker").await;
    let text = "x".repeat(2000);
    let mut said = 0_u32;
    loop {
        let say = json!({"event": "room.say", "data": {"text": text}}).to_string();
        talker.send(&say).await.unwrap();
        let next = talker
            .until(|message| message["event"] != "room.joined")
            .await
            .unwrap();
        if next["event"] == "room.left" {
            break;
        }
        assert_eq!(next["event"], "room.say");
        said += 1;
        assert!(said < 50_000, "nobody else waits for the stalled one");
    }
    loop {
        match stage.seen().await {
            Seen::Disconnected(name, code) => {
                assert_eq!((&*name, code), ("stalled", 4008));
                break;
            }
            seen => drop(seen),
        }
    }
}

#[tokio::test]
async fn a_handler_that_sends_more_than_the_outbox_holds_is_told_and_its_client_disconnected() {
    let mut stage = Stage::with(Limits::default().with_outbox(10_000)).await;
    let mut ana: TestClient = stage.enter("ana").await;
    ana.send(r#"{"event":"do.fill","data":{"bytes":1000,"times":20}}"#)
        .await
        .unwrap();
    assert_eq!(ana.closed().await.unwrap(), 4008);
    let (event, what, _) = stage.error().await;
    assert_eq!(event.as_deref(), Some("do.fill"));
    assert!(what.contains("too slowly"), "{what}");
}
