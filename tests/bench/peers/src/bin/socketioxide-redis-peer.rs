//! socketioxide as a node of several, which Redis connects.

use std::io::Error;

use axum::Router;
use axum::serve::ListenerExt;
use bench_peers::Payload;
use socketioxide::adapter::Adapter;
use socketioxide::extract::{AckSender, Data, SocketRef};
use socketioxide::{SocketIo, TransportType};
use socketioxide_redis::drivers::redis::redis_client as redis;
use socketioxide_redis::{RedisAdapter, RedisAdapterCtr};

fn main() -> std::io::Result<()> {
    bench_peers::run(async |options, listener| {
        let url = options
            .redis
            .ok_or_else(|| Error::other("--redis is missing"))?;
        // What the library asks for: pushes are of the third version of the protocol.
        let client = redis::Client::open(format!("{url}?protocol=resp3")).map_err(Error::other)?;
        let adapter = RedisAdapterCtr::new_with_redis(&client)
            .await
            .map_err(Error::other)?;
        let builder = SocketIo::builder().transports([TransportType::Websocket]);
        let (layer, io) = builder
            .with_adapter::<RedisAdapter<_>>(adapter)
            .build_layer();
        io.ns("/", connected).await.map_err(Error::other)?;
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, Router::new().layer(layer)).await
    })
}

async fn connected<A: Adapter>(socket: SocketRef<A>) {
    socket.join("bench");
    socket.on("bcast.msg", broadcast);
}

/// Accepted is what was sent to Redis without an error.
async fn broadcast<A: Adapter>(
    io: SocketIo<A>,
    Data(payload): Data<Payload>,
    accepted: AckSender<A>,
) {
    if io.to("bench").emit("bcast.msg", &payload).await.is_ok() {
        drop(accepted.send(&()));
    }
}
