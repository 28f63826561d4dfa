//! tokio-websockets, which also does the upgrade.

use std::sync::Arc;

use bench_peers::Room;
use tokio_websockets::{Message, ServerBuilder};

fn main() -> std::io::Result<()> {
    bench_peers::run(async |_, listener| {
        let room: Arc<Room<Message>> = Arc::default();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let room = Arc::clone(&room);
            tokio::spawn(async move {
                if let Ok((_, socket)) = ServerBuilder::new().accept(stream).await {
                    bench_peers::serve(socket, &room, Message::as_text, Message::text).await;
                }
            });
        }
    })
}
