//! The examples of the protocol's page are executed: what it says of each of them is what the server does.

use serde_json::Value;

use crate::server::Running;

const PAGE: &str = include_str!("../../schemas/protocol/v1.md");

/// One block of the page that a client sends.
#[derive(Debug)]
struct Example {
    text: &'static str,
    refused: Option<&'static str>,
}

fn from_clients() -> Vec<Example> {
    let blocks = PAGE.split("```json ").skip(1);
    blocks
        .filter_map(|block| {
            let (info, rest) = block.split_once('\n').unwrap();
            let text = rest.split_once("\n```").unwrap().0;
            let mut words = info.split(' ');
            let refused = (words.next() == Some("client")).then(|| words.next())?;
            Some(Example {
                text,
                refused: refused.map(|word| word.strip_prefix("refused=").unwrap()),
            })
        })
        .collect()
}

#[tokio::test]
async fn every_example_that_the_page_calls_refused_is_refused_with_its_code() {
    let mut server = Running::start().await;
    let mut peer = server.session().await;
    let mut executed = 0;
    for example in from_clients() {
        let Some(code) = example.refused else {
            continue;
        };
        peer.send_text(example.text).await;
        assert_eq!(peer.error().await, code, "{}", example.text);
        assert_eq!(server.told().await.message, example.text);
        executed += 1;
    }
    assert!(executed >= 13, "the examples were not found");
}

#[tokio::test]
async fn every_other_example_of_a_client_is_accepted() {
    let server = Running::start().await;
    let mut executed = 0;
    for example in from_clients() {
        if example.refused.is_some() {
            continue;
        }
        let mut peer = server.silent_session().await;
        if !example.text.starts_with(r#"{"hello":"#) {
            peer.send_text(r#"{"hello":{}}"#).await;
            assert!(peer.next().await["welcome"].is_object());
        }
        peer.send_text(example.text).await;
        // Whatever it causes comes before the end of the connection: events are handled in order.
        peer.send_text(r#"{"event":"app.signout"}"#).await;
        let (come, (code, _)) = peer.rest().await;
        assert_eq!(code, 1000, "{}", example.text);
        let errors: Vec<&Value> = come
            .iter()
            .filter(|message| message.get("error").is_some())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", example.text);
        executed += 1;
    }
    assert!(executed >= 7, "the examples were not found");
}
