//! A client that comes back while its previous connection still lingers.

use serde_json::json;

use crate::node::{Node, Note};

#[tokio::test]
async fn a_new_connection_closes_the_one_that_it_replaces_with_4506() {
    let mut node = Node::start().await;
    let mut ghost = node.greet("ana", json!({})).await;
    let mut bystander = node.enter("bo").await;
    let mut again = node
        .greet("ana", json!({ "connection": ghost.connection() }))
        .await;
    assert_ne!(again.connection(), ghost.connection());
    let (come, (code, _)) = ghost.rest().await;
    assert_eq!(code, 4506);
    let bye = &come.last().unwrap()["bye"];
    assert_eq!(bye["code"], 4506);
    assert!(bye.get("reconnect_in").is_none(), "it should not come back");
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 4506));
    assert!(again.next().await["joined"].is_object());
    again.next_event("app.ready").await;
    for peer in [&mut again, &mut bystander] {
        peer.request(1, "work.ask", json!({ "name": "a", "waits": false }))
            .await;
        peer.answer(1).await;
    }
}

#[tokio::test]
async fn somebody_who_knows_only_the_id_of_a_connection_cannot_replace_it() {
    let node = Node::start().await;
    let mut ana = node.greet("ana", json!({})).await;
    let (id, _) = ana.connection().rsplit_once('-').unwrap();
    for guess in [id.to_owned(), format!("{id}-{:016x}", 7)] {
        let mut mallory = node.greet("mallory", json!({ "connection": guess })).await;
        assert!(mallory.next().await["joined"].is_object());
    }
    assert!(ana.next().await["joined"].is_object());
    ana.next_event("app.ready").await;
    ana.request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    ana.answer(1).await;
}

#[tokio::test]
async fn a_previous_connection_that_is_gone_or_none_at_all_is_ignored() {
    let node = Node::start().await;
    for previous in ["c-0000000000000000", "nonsense", ""] {
        let mut peer = node.greet("ana", json!({ "connection": previous })).await;
        assert!(peer.next().await["joined"].is_object());
        peer.next_event("app.ready").await;
    }
}
