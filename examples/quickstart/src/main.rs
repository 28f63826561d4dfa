//! The smallest program: the server echoes what a client says, in capitals.
//!
//! Run it, and talk to it with any WebSocket client at `ws://127.0.0.1:3001/ws`:
//!
//! ```json
//! {"event":"echo.say","data":{"text":"hello"}}
//! ```

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use ws_core::{Client, Handlers, SendError, Server, WsEvent, WsUpgrade};

/// What a client says.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Say {
    text: String,
}

/// What it hears.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Heard {
    text: String,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "echo")]
enum FromClient {
    Say(Say),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "echo")]
enum FromServer {
    Heard(Heard),
}

ws_core::contract!(Echo = "echo" { client: FromClient, server: FromServer });
ws_core::contract_is_current!(Echo, "../../schemas/echo.json");

async fn say(client: Client<Echo, ()>, message: Say) -> Result<(), SendError> {
    client.send(&Heard {
        text: message.text.to_uppercase(),
    })
}

async fn upgrade(ws: WsUpgrade, State(server): State<Server<Echo, ()>>) -> Response {
    // This server has no users to impersonate, so any page may connect. By default, only its own pages could.
    ws.with_any_origin().accept(&server, ())
}

fn main() -> std::io::Result<()> {
    // By default, tokio may leave new work waiting behind that of busy connections.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .global_queue_interval(1)
        .enable_all()
        .build()?;
    runtime.block_on(serve())
}

async fn serve() -> std::io::Result<()> {
    let server = Server::new(Handlers::new().handle_message(say).build());
    let app = Router::new().route("/ws", get(upgrade)).with_state(server);
    axum::serve(TcpListener::bind("127.0.0.1:3001").await?, app).await
}
