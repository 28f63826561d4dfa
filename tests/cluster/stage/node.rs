use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use tests::{Served, serve};
use ws_core::{
    Channel, Client, Cluster, HandlerError, Handlers, Presence, RedisOptions, Retention, Server,
    WsUpgrade,
};

use super::contract::{Numbers, Say};

/// What a connection knows of itself.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    user: String,
    channel: Channel<Numbers>,
}

/// One node: a server with one channel.
pub(crate) struct Node {
    served: Served,
    server: Server<Numbers, Visitor>,
    pub(crate) cluster: Cluster,
    pub(crate) channel: Channel<Numbers>,
}

#[derive(Clone)]
struct Door {
    server: Server<Numbers, Visitor>,
    channel: Channel<Numbers>,
}

#[derive(Deserialize)]
struct Asked {
    user: String,
}

impl Node {
    pub(crate) async fn start(options: RedisOptions, retention: Retention) -> Self {
        let cluster = Cluster::redis(options).await.unwrap();
        Self::of(cluster, retention).await
    }

    pub(crate) async fn of(cluster: Cluster, retention: Retention) -> Self {
        let channel = cluster.channel_with("numbers", retention);
        let handlers = Handlers::<Numbers, Visitor>::new()
            .handle_message(async |_: Client<Numbers, Visitor>, _: Say| {})
            .on_connected(async |client: Client<Numbers, Visitor>| {
                let Visitor { user, channel } = client.session();
                channel.register_client(user, &client).await?;
                Ok::<(), HandlerError>(())
            })
            .build();
        let server = Server::new(handlers);
        let door = Door {
            server: server.clone(),
            channel: channel.clone(),
        };
        let app = Router::new().route("/ws", get(enter)).with_state(door);
        Self {
            served: serve(app).await,
            server,
            cluster,
            channel,
        }
    }

    /// Ends it, as an operator does.
    pub(crate) async fn shutdown(self, deadline: Duration) {
        self.server.shutdown(deadline).await;
        self.cluster.close(deadline).await.unwrap();
    }

    /// Keeps who comes and leaves: `+ana`, `-ana`.
    pub(crate) fn notes_presence(&self) -> Arc<Mutex<Vec<String>>> {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&notes);
        self.channel.on_presence(move |_, change| {
            noted.lock().unwrap().push(match change {
                Presence::Joined(user) => format!("+{user}"),
                Presence::Left(user) => format!("-{user}"),
            });
        });
        notes
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.served.address()
    }
}

async fn enter(ws: WsUpgrade, Query(asked): Query<Asked>, State(door): State<Door>) -> Response {
    let visitor = Visitor {
        user: asked.user,
        channel: door.channel,
    };
    ws.accept(&door.server, visitor)
}
