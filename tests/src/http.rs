use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::within;

/// The answer to an HTTP request.
#[derive(Debug)]
pub struct Answer {
    /// The status, for instance 101.
    pub status: u16,
    /// The status line and the headers, in lower case.
    pub head: String,
    /// The sentence for people.
    pub body: String,
}

/// The head of a request that asks for a WebSocket, with these headers besides, each ended by `\r\n`.
pub fn upgrade(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{headers}\r\n"
    )
}

/// Sends the head of a request as it is, and reads the answer.
///
/// # Panics
///
/// Where the server cannot be reached or gives no answer in time.
pub async fn ask(address: SocketAddr, head: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    exchange(&mut stream, head.as_bytes()).await
}

/// Writes a request on a connection that is open already, and reads the answer. Reads no byte more than the answer.
pub(crate) async fn exchange(stream: &mut TcpStream, request: &[u8]) -> Answer {
    stream.write_all(request).await.unwrap();
    within("an HTTP answer", async {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(answer).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next())
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        Answer { status, head, body }
    })
    .await
}
