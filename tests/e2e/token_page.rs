use std::sync::OnceLock;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::{
    Channel, Client, Close, CloseCode, HandlerError, Handlers, Server, WsEvent, WsUpgrade,
};

/// What somebody says.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Say {
    text: String,
}

/// What everybody hears, and from whom.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Heard {
    from: String,
    text: String,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "room")]
enum FromClient {
    Say(Say),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "room")]
enum FromServer {
    Heard(Heard),
}

ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });

struct User {
    id: String,
}

struct Session {
    room: Channel<Room>,
    user: OnceLock<User>, // empty at the upgrade: the token arrives later, in the `hello`
}

impl Session {
    fn user(&self) -> Result<&User, HandlerError> {
        let user = self.user.get(); // no event is handled before `connected` lets its client in
        user.ok_or_else(|| HandlerError::new("an event of somebody who was not let in"))
    }
}

async fn upgrade(
    ws: WsUpgrade,
    State((server, room)): State<(Server<Room, Session>, Channel<Room>)>,
) -> Response {
    let user = OnceLock::new();
    // No cookie lets anybody in, so any page may try.
    ws.with_any_origin().accept(&server, Session { room, user })
}

async fn connected(client: Client<Room, Session>) -> Result<(), HandlerError> {
    let session = client.session();
    match verify(client.token()).await {
        Ok(user) => {
            let user = session.user.get_or_init(|| user);
            session.room.register_client(&user.id, &client).await?;
        }
        Err(close) => client.disconnect_with(close), // and nothing else: the client is in no channel
    }
    Ok(())
}

/// Stands for checking a signature, or asking whoever issued the token.
async fn verify(token: Option<&str>) -> Result<User, Close> {
    match token {
        Some("the token of ana") => Ok(User { id: "ana".into() }),
        Some("the token of mallory") => {
            let why = "this account is closed";
            Err(Close::new(CloseCode::REVOKED, why)) // 4503: the client does not come back
        }
        // An expired token, or none, as from a client that sends no `hello`.
        _ => Err(Close::new(CloseCode::EXPIRED, "a new token, please")), // 4005: it comes back with one
    }
}

async fn say(client: Client<Room, Session>, message: Say) -> Result<(), HandlerError> {
    let session = client.session();
    let (from, text) = (session.user()?.id.clone(), message.text);
    Ok(session.room.broadcast(&Heard { from, text })?)
}

fn handlers() -> Handlers<Room, Session> {
    let handlers = Handlers::new().handle_message(say);
    handlers.on_connected(connected).build()
}
