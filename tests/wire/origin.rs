//! Which pages may connect: what a browser says of them in `Origin`.

use tests::{Answer, ask, upgrade};

use crate::server::Running;

const HEADERS: &str =
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Asks for a WebSocket as the page of an origin does. The request is addressed to the host `test`.
async fn ask_from(path: &str, origin: &str) -> Answer {
    ask_with(path, &format!("Origin: {origin}\r\n")).await
}

async fn ask_with(path: &str, headers: &str) -> Answer {
    let server = Running::start().await;
    ask(
        server.address(),
        &upgrade(path, &format!("{HEADERS}{headers}")),
    )
    .await
}

#[tokio::test]
async fn a_page_of_a_stranger_does_not_connect_with_the_cookies_of_the_user() {
    for origin in [
        "https://evil.example",
        "http://test:5173",
        "http://test.evil.example",
        "null",
    ] {
        let answer = ask_with("/ws", &format!("Cookie: session=1\r\nOrigin: {origin}\r\n")).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(answer.body, "pages of this origin may not connect");
    }
}

#[tokio::test]
async fn a_page_of_the_server_itself_is_taken_with_tls_in_front_or_without() {
    for origin in ["http://test", "https://test", "https://TEST:443"] {
        let answer = ask_from("/ws", origin).await;
        assert_eq!(answer.status, 101, "{answer:?}");
    }
}

#[tokio::test]
async fn who_is_no_browser_says_no_origin_and_is_always_taken() {
    for path in ["/ws", "/named", "/any"] {
        let answer = ask_with(path, "").await;
        assert_eq!(answer.status, 101, "{answer:?}");
    }
}

#[tokio::test]
async fn a_header_of_a_proxy_makes_no_page_one_of_the_servers_own() {
    let headers = "Origin: https://evil.example\r\nX-Forwarded-Host: evil.example\r\n\
                   Forwarded: host=evil.example\r\n";
    let answer = ask_with("/ws", headers).await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[tokio::test]
async fn two_origins_at_once_are_none() {
    let answer = ask_with("/ws", "Origin: http://test\r\nOrigin: http://test\r\n").await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[tokio::test]
async fn pages_of_the_origins_that_are_named_are_taken_and_no_others() {
    for (origin, status) in [
        ("https://app.example.com", 101),
        ("https://APP.example.com:443", 101),
        ("http://localhost:5173", 101),
        ("http://app.example.com", 403),
        ("https://app.example.com:8443", 403),
        ("http://test", 403),
        ("null", 403),
    ] {
        let answer = ask_from("/named", origin).await;
        assert_eq!(answer.status, status, "{origin}: {answer:?}");
    }
    // The server's own page is refused as well, and told nothing of what is named.
    let answer = ask_from("/named", "http://test").await;
    assert_eq!(answer.body, "pages of this origin may not connect");
}

#[tokio::test]
async fn pages_of_any_origin_are_taken_where_that_is_said() {
    for origin in ["https://evil.example", "null"] {
        let answer = ask_from("/any", origin).await;
        assert_eq!(answer.status, 101, "{answer:?}");
    }
}

#[tokio::test]
async fn an_origin_that_is_written_as_none_is_noticed_at_once_and_told_to_no_stranger() {
    let answer = ask_with("/misnamed", "").await;
    assert_eq!(answer.status, 500, "{answer:?}");
    assert!(!answer.body.contains("app.example.com"), "{answer:?}");
    assert!(answer.body.contains("its log says why"), "{answer:?}");
}
