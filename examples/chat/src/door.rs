//! The door: who may come in, and under which name.

use axum::extract::{FromRequestParts, Query, State};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use ws_core::{Channel, Server, WsUpgrade};

use crate::contract::{Chat, UserId};
use crate::history::History;
use crate::room::Visitor;

/// What a client needs to enter the room.
#[derive(Debug, Clone)]
pub struct Door {
    pub room: Channel<Chat>,
    pub history: History,
    pub server: Server<Chat, Visitor>,
}

/// The name that a visitor gave: 1 to 32 characters.
///
/// A real application authenticates here, with an extractor that reads a session cookie or a token and yields the user.
/// This example believes every name. A cookie says nothing about which page uses it, so [`WsUpgrade`] only accepts the
/// server's own pages, unless `with_allowed_origins` names others.
#[derive(Debug)]
pub struct Name(UserId);

/// Lets a visitor in. The extractor for the name only runs if the request is an upgrade.
pub async fn upgrade(ws: WsUpgrade, Name(id): Name, State(door): State<Door>) -> Response {
    ws.accept(
        &door.server,
        Visitor {
            id,
            room: door.room,
            history: door.history,
        },
    )
}

#[derive(Deserialize)]
struct Asked {
    name: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let refuse = |sentence| (StatusCode::BAD_REQUEST, sentence);
        let asked = Query::<Asked>::from_request_parts(parts, state).await;
        let Ok(Query(Asked { name: Some(name) })) = asked else {
            return Err(refuse("say who you are: /ws?name=<name>"));
        };
        if name.chars().any(char::is_control) {
            return Err(refuse("the name has characters that cannot be shown"));
        }
        match name.trim().chars().count() {
            0 => Err(refuse("the name is empty: give 1 to 32 characters")),
            1..=32 => Ok(Self(name.trim().to_owned())),
            _ => Err(refuse("the name is too long: give 1 to 32 characters")),
        }
    }
}
