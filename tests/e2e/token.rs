//! Credentials in the `hello` of a client.

use serde_json::json;

use crate::handlers::{CAREFUL, TOKEN};
use crate::node::{Node, Note};

#[tokio::test]
async fn a_client_with_the_right_token_is_let_in() {
    let node = Node::start().await;
    let mut peer = node.greet(CAREFUL, json!({ "token": TOKEN })).await;
    assert!(peer.next().await["joined"].is_object());
    peer.next_event("app.ready").await;
    peer.request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    peer.answer(1).await;
    assert!(peer.is_ready());
}

#[tokio::test]
async fn a_client_without_it_is_told_to_come_back_with_another() {
    let mut node = Node::start().await;
    for hello in [json!({}), json!({ "token": "a stale one" })] {
        let mut peer = node.greet(CAREFUL, hello).await;
        let (come, (code, _)) = peer.rest().await;
        assert_eq!(code, 4005);
        assert!(!peer.is_ready());
        assert!(
            come.iter().all(|message| message.get("event").is_none()),
            "{come:?}"
        );
        let note = node.noted().await;
        assert!(matches!(note, Note::Disconnected(_, 4005)), "{note:?}");
    }
}
