//! socketioxide, over axum, without its long polling.

use axum::Router;
use axum::serve::ListenerExt;
use bench_peers::Payload;
use socketioxide::extract::{Data, SocketRef};
use socketioxide::{SocketIo, TransportType};

fn main() -> std::io::Result<()> {
    bench_peers::run(async |_, listener| {
        let builder = SocketIo::builder().transports([TransportType::Websocket]);
        let (layer, io) = builder.build_layer();
        io.ns("/", connected);
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, Router::new().layer(layer)).await
    })
}

async fn connected(socket: SocketRef) {
    socket.join("bench");
    socket.on("echo.msg", echo);
    socket.on("bcast.msg", broadcast);
}

async fn echo(socket: SocketRef, Data(payload): Data<Payload>) {
    // The peer may be gone by now.
    drop(socket.emit("echo.msg", &payload));
}

async fn broadcast(io: SocketIo, Data(payload): Data<Payload>) {
    drop(io.to("bench").emit("bcast.msg", &payload).await);
}
