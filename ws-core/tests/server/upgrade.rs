//! The upgrade: what becomes a WebSocket, and what is told why not.

use ws_core::testing::{RawSocket, TestClient, TestError};

use crate::stage::{Stage, path};

const GOOD: [&str; 4] = [
    "Connection: keep-alive, Upgrade",
    "Upgrade: WebSocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

async fn respond(stage: &Stage, method: &str, headers: &[&str]) -> String {
    let mut raw = RawSocket::connect(stage.address).await.unwrap();
    let headers = headers.join("\r\n");
    let request = format!(
        "{method} {} HTTP/1.1\r\nHost: test\r\n{headers}\r\n\r\n",
        path("ana")
    );
    raw.write(request.as_bytes()).await.unwrap();
    raw.response().await.unwrap().to_ascii_lowercase()
}

#[tokio::test]
async fn the_handshake_of_the_rfc_is_answered_as_the_rfc_says() {
    let stage = Stage::open().await;
    let response = respond(&stage, "GET", &GOOD).await;
    assert!(response.starts_with("http/1.1 101 "), "{response}");
    assert!(
        response.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"),
        "{response}"
    );
    assert!(!response.contains("sec-websocket-protocol"), "{response}");
}

#[tokio::test]
async fn requests_that_are_no_upgrade_are_told_what_is_missing() {
    let stage = Stage::open().await;
    for (missing, status) in [(0, 426), (1, 426), (2, 426), (3, 400)] {
        let headers: Vec<&str> = (0..)
            .zip(GOOD)
            .filter(|(place, _)| *place != missing)
            .map(|(_, header)| header)
            .collect();
        let response = respond(&stage, "GET", &headers).await;
        assert!(
            response.starts_with(&format!("http/1.1 {status} ")),
            "without {}: {response}",
            GOOD[missing]
        );
        if status == 426 {
            assert!(response.contains("upgrade: websocket\r\n"), "{response}");
        }
    }
    let old = ["Sec-WebSocket-Version: 8", GOOD[0], GOOD[1], GOOD[3]];
    let response = respond(&stage, "GET", &old).await;
    assert!(
        response.contains("sec-websocket-version: 13\r\n"),
        "{response}"
    );
    for key in ["short", "!!!!!!!!!!!!!!!!!!!!!!==", ""] {
        let key = format!("Sec-WebSocket-Key: {key}");
        let response = respond(&stage, "GET", &[GOOD[0], GOOD[1], GOOD[2], &key]).await;
        assert!(response.starts_with("http/1.1 400 "), "{key}: {response}");
    }
}

#[tokio::test]
async fn a_subprotocol_that_the_server_knows_is_selected_and_others_are_refused() {
    let stage = Stage::open().await;
    let with = |protocols: &'static str| [GOOD[0], GOOD[1], GOOD[2], GOOD[3], protocols];
    for offered in ["ws.v1.json", "ws.v9.json, ws.v1.json"] {
        let header: &'static str = if offered.len() > 10 {
            "Sec-WebSocket-Protocol: ws.v9.json, ws.v1.json"
        } else {
            "Sec-WebSocket-Protocol: ws.v1.json"
        };
        let response = respond(&stage, "GET", &with(header)).await;
        assert!(
            response.contains("sec-websocket-protocol: ws.v1.json\r\n"),
            "{offered}: {response}"
        );
    }
    let refused = TestClient::connect(stage.address, &path("ana"), Some("graphql-ws"))
        .await
        .unwrap_err();
    let TestError::Refused { status: 400, body } = refused else {
        panic!("{refused}");
    };
    assert!(body.contains("ws.v1.json"), "{body}");
}

#[tokio::test]
async fn bytes_that_come_with_the_request_are_the_first_message() {
    let stage = Stage::open().await;
    let mut raw = RawSocket::connect(stage.address).await.unwrap();
    let mut bytes = format!(
        "GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n\r\n",
        path("ana"),
        GOOD.join("\r\n")
    )
    .into_bytes();
    let message = br#"{"event":"ask.double","data":{"number":1},"id":1}"#;
    bytes.extend([
        0x81,
        0x80 | u8::try_from(message.len()).unwrap(),
        0,
        0,
        0,
        0,
    ]);
    bytes.extend(message);
    raw.write(&bytes).await.unwrap();
    raw.response().await.unwrap();
    while raw.next().await.unwrap().payload != br#"{"id":1,"data":{"number":2}}"# {}
}
