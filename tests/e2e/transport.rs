//! What a connection does, over a plain socket and over a stream that hides it: the same in every respect.

use std::collections::HashMap;

use serde_json::json;
use tests::{Frame, Opcode, RawPeer, Transport, within};
use ws_core::{Close, CloseCode, Limits};

use crate::contract::said;
use crate::node::{Node, Note, Setup};

/// What is sent altogether to a client that does not read: many times what the kernel keeps for a socket.
const MESSAGES: usize = 300;
const LENGTH: usize = 32 * 1024;

/// Makes two tests of each of these functions.
macro_rules! over_both {
    ($($behaviour:ident)*) => {
        mod socket {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                super::$behaviour(tests::Transport::Socket).await;
            })*
        }

        mod hidden {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                super::$behaviour(tests::Transport::Hidden).await;
            })*
        }
    };
}

over_both! {
    clients_are_greeted_and_answered
    what_comes_together_with_the_request_is_read
    messages_leave_in_the_order_in_which_they_were_sent
    a_handler_may_send_more_than_an_outbox_holds_to_a_client_that_takes_it
    replies_and_deliveries_keep_the_order_in_which_they_were_sent
    a_backlog_reaches_a_client_that_reads_late
    a_client_that_comes_back_is_given_more_than_an_outbox_holds
    a_client_that_does_not_read_is_closed_with_4008_and_delays_nobody
    a_ping_is_answered_between_broadcasts_with_its_payload
    a_close_of_the_client_is_answered_with_its_code
    a_close_of_the_server_comes_after_what_was_sent_before
    a_client_that_goes_without_a_close_is_noticed
    a_shutdown_closes_everyone_with_4001
}

async fn node(transport: Transport, limits: Limits) -> Node {
    Node::with(Setup {
        transport,
        limits,
        ..Setup::default()
    })
    .await
}

async fn clients_are_greeted_and_answered(transport: Transport) {
    let node = node(transport, Limits::default()).await;
    let mut bare = node.enter("ana").await;
    let mut session = node.greet("bo", json!({})).await;
    assert!(session.connection().starts_with("c-"));
    assert_eq!(session.next().await["joined"]["channel"], "room");
    session.next_event("app.ready").await;
    for peer in [&mut bare, &mut session] {
        peer.request(1, "work.ask", json!({ "name": "a", "waits": false }))
            .await;
        assert_eq!(peer.answer(1).await["data"]["name"], "a");
    }
}

async fn what_comes_together_with_the_request_is_read(transport: Transport) {
    let node = node(transport, Limits::default()).await;
    let early = Frame::new(Opcode::Ping, *b"early").bytes();
    let mut peer = RawPeer::connect_eagerly(node.address(), "/ws?user=ana", &early).await;
    let frames = [peer.read().await.unwrap(), peer.read().await.unwrap()];
    assert!(frames.contains(&(Opcode::Pong as u8, b"early".to_vec())));
}

async fn messages_leave_in_the_order_in_which_they_were_sent(transport: Transport) {
    let node = node(transport, Limits::default()).await;
    let mut peer = node.enter("ana").await;
    for _ in 0..3 {
        peer.emit("app.count", json!({ "to": 300 })).await;
    }
    for number in (0..300).cycle().take(900) {
        assert_eq!(peer.next_event("app.counted").await["number"], number);
    }
}

async fn a_handler_may_send_more_than_an_outbox_holds_to_a_client_that_takes_it(
    transport: Transport,
) {
    let node = node(transport, Limits::default().with_outbox_bytes(4 * 1024)).await;
    let mut peer = node.enter("ana").await;
    peer.emit("app.count", json!({ "to": 1_000 })).await;
    for number in 0..1_000 {
        assert_eq!(peer.next_event("app.counted").await["number"], number);
    }
}

async fn replies_and_deliveries_keep_the_order_in_which_they_were_sent(transport: Transport) {
    const USERS: [&str; 3] = ["ana", "bea", "cy"];
    const COUNT: u64 = 100;
    let node = node(transport, Limits::default()).await;
    let mut peers = Vec::new();
    for user in USERS {
        peers.push(node.enter(user).await);
    }
    for peer in &mut peers {
        for _ in 0..2 {
            peer.emit("room.count", json!({ "to": COUNT })).await;
        }
    }
    for (peer, me) in peers.iter_mut().zip(USERS) {
        let (mut counted, mut heard) = (0, HashMap::new());
        for _ in 0..2 * COUNT * 4 {
            let message = peer.next().await;
            if message["event"] == "app.counted" {
                assert_eq!(message["data"]["number"], counted % COUNT);
                counted += 1;
                continue;
            }
            let text = message["data"]["text"].as_str().unwrap();
            let (user, number) = text.split_once(' ').unwrap();
            let heard: &mut u64 = heard.entry(user.to_owned()).or_default();
            assert_eq!(number, (*heard % COUNT).to_string(), "of {user}");
            *heard += 1;
            assert!(
                user != me || counted >= *heard,
                "what was sent first comes first"
            );
        }
    }
}

async fn a_backlog_reaches_a_client_that_reads_late(transport: Transport) {
    let node = node(
        transport,
        Limits::default().with_outbox_bytes(2 * MESSAGES * LENGTH),
    )
    .await;
    let mut late = node.enter("late").await;
    let mut quick = node.enter("quick").await;
    let text = "x".repeat(LENGTH);
    for number in 0..MESSAGES {
        let text = format!("{number} {text}");
        node.room.broadcast(&said(&text)).unwrap();
        assert_eq!(quick.next_event("room.said").await["text"], text);
    }
    for number in 0..MESSAGES {
        let heard = late.next_event("room.said").await;
        let heard = heard["text"].as_str().unwrap();
        assert_eq!(heard.split(' ').next(), Some(&*number.to_string()));
        assert!(heard.ends_with(&text));
    }
    late.request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    late.answer(1).await;
}

async fn a_client_that_comes_back_is_given_more_than_an_outbox_holds(transport: Transport) {
    let node = node(transport, Limits::default().with_outbox_bytes(10_000)).await;
    let mut ana = node.greet("ana", json!({})).await;
    let position = ana.next().await["joined"]["pos"].take();
    let connection = ana.connection().to_owned();
    drop(ana);
    let text = |number: usize| format!("{number} {}", "x".repeat(1_000));
    for number in 0..100 {
        node.room.broadcast(&said(text(number))).unwrap();
    }
    let hello = json!({ "connection": connection, "resume": { "room": position } });
    let mut ana = node.greet("ana", hello).await;
    for number in 0..100 {
        let heard = ana.next_event("room.said").await;
        assert_eq!(heard["text"], text(number));
    }
    assert_eq!(ana.next().await["joined"]["resumed"], true);
}

async fn a_client_that_does_not_read_is_closed_with_4008_and_delays_nobody(transport: Transport) {
    let mut node = node(transport, Limits::default().with_outbox_bytes(4 * LENGTH)).await;
    let _slow = node.enter("slow").await;
    let mut quick = node.enter("quick").await;
    let text = "x".repeat(LENGTH);
    for _ in 0..MESSAGES {
        node.room.broadcast(&said(&text)).unwrap();
        quick.next_event("room.said").await;
    }
    assert_eq!(node.noted().await, Note::Disconnected("slow".into(), 4008));
}

async fn a_ping_is_answered_between_broadcasts_with_its_payload(transport: Transport) {
    let node = node(transport, Limits::default()).await;
    let mut peer = node.enter_raw("ana").await;
    let (mut reading, mut writing) = peer.split();
    let write = async {
        for number in 0..200 {
            node.room.broadcast(&said(number.to_string())).unwrap();
            let ping = Frame::new(Opcode::Ping, format!("ping {number}"));
            writing.write(&ping.bytes()).await;
        }
    };
    let read = async {
        let (mut said, mut pongs) = (0, 0);
        while said < 200 || pongs < 200 {
            let (opcode, payload) = reading.read().await.unwrap();
            let payload = String::from_utf8(payload).unwrap();
            if opcode == Opcode::Pong as u8 {
                assert_eq!(payload, format!("ping {pongs}"));
                pongs += 1;
            } else if opcode == Opcode::Text as u8 {
                let text = format!(r#""data":{{"text":"{said}"}}"#);
                assert!(payload.contains(&text), "{payload} is not {text}");
                said += 1;
            }
        }
    };
    tokio::join!(write, read);
}

async fn a_close_of_the_client_is_answered_with_its_code(transport: Transport) {
    let mut node = node(transport, Limits::default()).await;
    let mut peer = node.enter_raw("ana").await;
    peer.write(&Frame::new(Opcode::Close, 4321_u16.to_be_bytes()).bytes())
        .await;
    assert_eq!(peer.close_code().await, Some(4321));
    assert_eq!(peer.read().await, None);
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 4321));
}

async fn a_close_of_the_server_comes_after_what_was_sent_before(transport: Transport) {
    let node = node(transport, Limits::default()).await;
    let mut peer = node.enter("ana").await;
    node.room.broadcast(&said("the end")).unwrap();
    let close = Close::new(CloseCode::REVOKED, "the room is closed");
    node.room.disconnect(close).unwrap();
    assert_eq!(peer.next_event("room.said").await["text"], "the end");
    assert_eq!(peer.closed().await, (4503, "the room is closed".into()));
}

async fn a_client_that_goes_without_a_close_is_noticed(transport: Transport) {
    let mut node = node(transport, Limits::default()).await;
    let mut peer = node.enter_raw("ana").await;
    peer.write(&Frame::new(Opcode::Text, *b"{}").bytes()[..4])
        .await;
    drop(peer);
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1006));
}

async fn a_shutdown_closes_everyone_with_4001(transport: Transport) {
    let node = node(transport, Limits::default()).await;
    let mut bare = node.enter("ana").await;
    let mut session = node.greet("bo", json!({})).await;
    session.next().await;
    session.next_event("app.ready").await;
    within("the shutdown", async {
        let shutdown = node.server.shutdown(tests::DEADLINE);
        let (_, bare, (told, session)) = tokio::join!(shutdown, bare.closed(), session.rest());
        assert_eq!((bare.0, session.0), (4001, 4001));
        assert_eq!(told[0]["bye"]["code"], 4001);
    })
    .await;
}
