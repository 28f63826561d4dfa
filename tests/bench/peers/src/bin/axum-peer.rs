//! axum's own WebSocket.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use bench_peers::Room;

#[derive(Clone, Default)]
struct Application {
    room: Arc<Room<Message>>,
    buffers: Option<usize>,
}

fn main() -> std::io::Result<()> {
    bench_peers::run(async |options, listener| {
        let application = Application {
            buffers: options.buffers,
            ..Application::default()
        };
        let app = Router::new()
            .route("/ws", get(upgrade))
            .with_state(application);
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, app).await
    })
}

async fn upgrade(
    mut upgrade: WebSocketUpgrade,
    State(application): State<Application>,
) -> Response {
    if let Some(size) = application.buffers {
        upgrade = upgrade.read_buffer_size(size).write_buffer_size(size);
    }
    upgrade.on_upgrade(async move |socket| {
        bench_peers::serve(socket, &application.room, text_of, |text| {
            Message::Text(text.into())
        })
        .await;
    })
}

fn text_of(message: &Message) -> Option<&str> {
    match message {
        Message::Text(text) => Some(text),
        _ => None,
    }
}
