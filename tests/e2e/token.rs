//! Credentials in the `hello` of a client, and the program of the page about them.

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

/// The program of `ws-core/src/docs/token.md`.
mod page {
    use axum::Router;
    use axum::routing::get;
    use serde_json::{Value, json};
    use tests::{Peer, Served, serve};
    use ws_core::Cluster;

    include!("token_page.rs");

    async fn start() -> Served {
        let state = (
            Server::new(handlers()),
            Cluster::in_memory().channel("room"),
        );
        serve(Router::new().route("/ws", get(upgrade)).with_state(state)).await
    }

    /// The next thing that somebody says, whatever the client is told of its session and its channel before.
    async fn heard(peer: &mut Peer) -> Value {
        loop {
            let mut message = peer.next().await;
            if message["event"] == "room.heard" {
                return message["data"].take();
            }
        }
    }

    #[test]
    fn the_page_shows_the_program_that_is_tested_here() {
        let page = include_str!("../../ws-core/src/docs/token.md");
        let program = include_str!("token_page.rs");
        assert!(page.contains(program), "token.md and token_page.rs differ");
    }

    #[tokio::test]
    async fn who_proves_who_they_are_is_known_to_every_handler() {
        let served = start().await;
        let hello = json!({ "token": "the token of ana" });
        let mut peer = Peer::session_with(served.address(), "/ws", hello).await;
        peer.send(json!({ "event": "room.say", "data": { "text": "hello" } }))
            .await;
        let heard = heard(&mut peer).await;
        assert_eq!(heard, json!({ "from": "ana", "text": "hello" }));
    }

    #[tokio::test]
    async fn who_does_not_is_sent_away_and_what_they_have_sent_is_not_handled() {
        let served = start().await;
        let hello = json!({ "token": "the token of ana" });
        let mut ana = Peer::session_with(served.address(), "/ws", hello).await;
        let stale = json!({ "token": "a stale one" });
        let closed = json!({ "token": "the token of mallory" });
        for (hello, code) in [(json!({}), 4005), (stale, 4005), (closed, 4503)] {
            let mut peer = Peer::silent_session(served.address(), "/ws").await;
            peer.send(json!({ "hello": hello })).await;
            peer.send(json!({ "event": "room.say", "data": { "text": "not handled" } }))
                .await;
            assert_eq!(peer.closed().await.0, code);
        }
        ana.send(json!({ "event": "room.say", "data": { "text": "handled" } }))
            .await;
        assert_eq!(heard(&mut ana).await["text"], "handled");
    }

    #[tokio::test]
    async fn who_says_no_hello_has_no_token_and_is_sent_away() {
        let served = start().await;
        let mut peer = Peer::bare(served.address(), "/ws").await;
        assert_eq!(peer.closed().await.0, 4005);
    }
}
