//! The server that the tests talk to: a contract with every kind of event, a room, and a record of what its hooks saw.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::timeout;
use ws_core::testing::{DEADLINE, TestClient};
use ws_core::{
    Channel, Client, Close, CloseCode, Cluster, HandlerError, Handlers, Limits, Presence,
    SendError, Server, WsEvent, WsUpgrade,
};

/// Says something to everyone, the sender included.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// What is said.
    #[garde(length(chars, min = 1, max = 2000))]
    pub text: String,
}

/// Says something to all others.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Tell {
    /// What is said.
    pub text: String,
}

macro_rules! event {
    ($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty),* }) => {
        #[doc = stringify!($name)]
        #[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
        $(#[$attribute])*
        pub struct $name {
            $(#[doc = stringify!($field)] pub $field: $type),*
        }
    };
}

event!(
    #[ws(event = "room.whisper", reply = Sent)]
    Whisper {
        to: String,
        text: String
    }
);
event!(
    #[ws(event = "room.leave")]
    Leave {}
);
event!(
    #[ws(event = "room.clear")]
    Clear {}
);
event!(
    #[ws(event = "room.who", reply = Here)]
    Who {}
);
event!(
    #[ws(event = "ask.double", reply = Doubled, error = DoubleError)]
    Double { number: i64 }
);
event!(
    #[ws(event = "ask.wait", reply = Sent)]
    AskWait { gate: String }
);
event!(
    #[ws(event = "ask.panic", reply = Sent)]
    AskPanic {}
);
event!(
    #[ws(event = "ask.fail", reply = Sent)]
    AskFail {}
);
event!(
    #[ws(event = "ask.odd", reply = Odd)]
    AskOdd {}
);
event!(
    #[ws(event = "do.wait")]
    DoWait { gate: String }
);
event!(
    #[ws(event = "do.panic")]
    DoPanic {}
);
event!(
    #[ws(event = "do.fail")]
    DoFail {}
);
event!(
    #[ws(event = "do.quit")]
    DoQuit {}
);
event!(
    #[ws(event = "do.fill")]
    DoFill {
        bytes: usize,
        times: usize
    }
);

event!(
    #[ws(event = "room.say")]
    Said {
        from: String,
        text: String
    }
);
event!(
    #[ws(event = "room.tell")]
    Told {
        from: String,
        text: String
    }
);
event!(
    #[ws(event = "room.whispered")]
    Whispered {
        from: String,
        text: String
    }
);
event!(
    #[ws(event = "room.joined")]
    Joined { id: String }
);
event!(
    #[ws(event = "room.left")]
    Left { id: String }
);
event!(
    #[ws(event = "app.connected")]
    Connected { id: String }
);
event!(
    #[ws(event = "do.filled")]
    Filled { text: String }
);

/// It was sent.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sent {}

/// Who is here, and with how many connections.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Here {
    /// The connections of each.
    pub users: Vec<(String, u32)>,
}

/// Twice a number.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Doubled {
    /// The result.
    pub number: i64,
}

/// Why a number was not doubled.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum DoubleError {
    /// The result has no place in 64 bits.
    TooMuch {
        /// The number.
        number: i64,
    },
}

/// What serde refuses to write: keys that are no texts.
#[derive(Debug, JsonSchema)]
pub struct Odd {}

impl Serialize for Odd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        drop(serializer);
        Err(serde::ser::Error::custom("this never serializes"))
    }
}

/// Everything a client may send.
#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub enum FromClient {
    /// See the payload.
    #[ws(name = "room.say")]
    Say(Say),
    /// See the payload.
    #[ws(name = "room.tell")]
    Tell(Tell),
    /// See the payload.
    Whisper(Whisper),
    /// See the payload.
    Leave(Leave),
    /// See the payload.
    Clear(Clear),
    /// See the payload.
    Who(Who),
    /// See the payload.
    Double(Double),
    /// See the payload.
    AskWait(AskWait),
    /// See the payload.
    AskPanic(AskPanic),
    /// See the payload.
    AskFail(AskFail),
    /// See the payload.
    AskOdd(AskOdd),
    /// See the payload.
    DoWait(DoWait),
    /// See the payload.
    DoPanic(DoPanic),
    /// See the payload.
    DoFail(DoFail),
    /// See the payload.
    DoQuit(DoQuit),
    /// See the payload.
    DoFill(DoFill),
}

/// Everything the server may send.
#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub enum FromServer {
    /// See the payload.
    Said(Said),
    /// See the payload.
    Told(Told),
    /// See the payload.
    Whispered(Whispered),
    /// See the payload.
    Joined(Joined),
    /// See the payload.
    Left(Left),
    /// See the payload.
    Connected(Connected),
    /// See the payload.
    Filled(Filled),
}

ws_core::contract!(
    /// The contract of the tests.
    pub Play = "play" { client: FromClient, server: FromServer }
);

/// What the hooks saw, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// `on_disconnected`: who, and the code.
    Disconnected(String, u16),
    /// `on_error`: the event, what went wrong, and the message.
    Error {
        event: Option<String>,
        what: String,
        message: String,
    },
    /// A handler that waited at a gate was dropped there.
    Dropped(String),
}

pub struct Actor {
    name: String,
    refuses: bool,
    stage: Arc<Props>,
}

type Player = Client<Play, Actor>;

struct Props {
    room: Channel<Play>,
    seen: mpsc::UnboundedSender<Seen>,
    gates: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Props {
    /// Waits at a gate, and tells if nobody waited for its opening to the end.
    async fn wait(&self, gate: &str) {
        struct Waiting<'a>(&'a str, &'a mpsc::UnboundedSender<Seen>, bool);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                if !self.2 {
                    drop(self.1.send(Seen::Dropped(self.0.to_owned())));
                }
            }
        }
        let mut waiting = Waiting(gate, &self.seen, false);
        let opened = self.gate(gate).await;
        opened.notified().await;
        waiting.2 = true;
    }

    async fn gate(&self, gate: &str) -> Arc<Notify> {
        Arc::clone(self.gates.lock().await.entry(gate.to_owned()).or_default())
    }
}

/// A server that listens, and what its hooks saw.
pub struct Stage {
    pub address: SocketAddr,
    pub server: Server<Play, Actor>,
    pub room: Channel<Play>,
    props: Arc<Props>,
    seen: mpsc::UnboundedReceiver<Seen>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stage {
    pub async fn open() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        Self::on(&Cluster::in_memory(), limits).await
    }

    /// A node of a cluster.
    pub async fn on(cluster: &Cluster, limits: Limits) -> Self {
        let room: Channel<Play> = cluster.channel("stage");
        room.on_presence(|room, change| {
            let told = match change {
                Presence::Joined(id) => room.broadcast_local_except(&id.clone(), &Joined { id }),
                Presence::Left(id) => room.broadcast_local(&Left { id }),
            };
            told.unwrap();
        });
        let (sender, seen) = mpsc::unbounded_channel();
        let props = Arc::new(Props {
            room: room.clone(),
            seen: sender,
            gates: Mutex::default(),
        });
        let server = Server::new(handlers()).with_limits(limits);
        let app = Router::new()
            .route("/ws", get(upgrade))
            .with_state((Arc::clone(&props), server.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            server,
            room,
            props,
            seen,
            serving,
        }
    }

    /// A bare client, in the room.
    pub async fn enter(&self, name: &str) -> TestClient {
        let mut client = TestClient::bare(self.address, &path(name)).await.unwrap();
        client.event("app.connected").await.unwrap();
        client
    }

    /// A session client, in the room, and where the channel stood then.
    pub async fn enter_session(&self, name: &str, hello: Value) -> (TestClient, Value) {
        let (mut client, welcome) = TestClient::session(self.address, &path(name), hello)
            .await
            .unwrap();
        assert_eq!(welcome["max"], json!(65536));
        let joined = client
            .until(|message| message.get("joined").is_some())
            .await
            .unwrap();
        client.event("app.connected").await.unwrap();
        (client, joined["joined"]["pos"].clone())
    }

    /// Lets the handlers go on that wait at a gate, or the next one that comes to it.
    pub async fn open_gate(&self, gate: &str) {
        self.props.gate(gate).await.notify_one();
    }

    /// The next thing that a hook saw.
    pub async fn seen(&mut self) -> Seen {
        timeout(DEADLINE, self.seen.recv())
            .await
            .expect("a hook is called in time")
            .unwrap()
    }

    /// The next error that a hook saw.
    pub async fn error(&mut self) -> (Option<String>, String, String) {
        loop {
            if let Seen::Error {
                event,
                what,
                message,
            } = self.seen().await
            {
                return (event, what, message);
            }
        }
    }

    /// Waits for a change that no hook reports.
    pub async fn becomes(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let settled = async {
            while !holds(self).await {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, settled)
            .await
            .unwrap_or_else(|_| panic!("waited in vain: {what}"));
    }
}

pub fn path(name: &str) -> String {
    format!("/ws?name={name}")
}

async fn upgrade(
    ws: WsUpgrade,
    Query(query): Query<HashMap<String, String>>,
    State((props, server)): State<(Arc<Props>, Server<Play, Actor>)>,
) -> Response {
    let actor = Actor {
        name: query["name"].clone(),
        refuses: query.contains_key("refuse"),
        stage: props,
    };
    ws.accept(&server, actor)
}

fn handlers() -> Handlers<Play, Actor> {
    Handlers::new()
        .handle_message(async |player: Player, say: Say| {
            let from = player.session().name.clone();
            player.session().stage.room.broadcast(&Said {
                from,
                text: say.text,
            })
        })
        .handle_message(async |player: Player, tell: Tell| {
            let from = player.session().name.clone();
            player.broadcast(&Told {
                from,
                text: tell.text,
            })
        })
        .handle_message(async |player: Player, whisper: Whisper| {
            let from = player.session().name.clone();
            let text = whisper.text;
            let room = &player.session().stage.room;
            room.send(&whisper.to, &Whispered { from, text })
                .map(|()| Sent {})
        })
        .handle_message(async |player: Player, _: Leave| {
            let Actor { name, stage, .. } = player.session();
            stage.room.unregister_client(name).await
        })
        .handle_message(async |player: Player, _: Clear| {
            let code = CloseCode::application(4600).unwrap();
            player
                .session()
                .stage
                .room
                .disconnect(Close::new(code, "the room is closed"))
        })
        .handle_message(async |player: Player, _: Who| {
            let here = player.session().stage.room.participants().await?;
            let users = here
                .iter()
                .map(|one| (one.user.clone(), u32::try_from(one.connections).unwrap()))
                .collect();
            Ok::<_, HandlerError>(Here { users })
        })
        .handle_message(async |_: Player, Double { number }: Double| {
            number
                .checked_mul(2)
                .map(|number| Doubled { number })
                .ok_or(DoubleError::TooMuch { number })
        })
        .handle_message(async |player: Player, wait: AskWait| {
            player.session().stage.wait(&wait.gate).await;
            Sent {}
        })
        .handle_message(async |_: Player, _: AskPanic| -> Sent { panic!("on purpose") })
        .handle_message(async |_: Player, _: AskFail| {
            Err::<Sent, _>(HandlerError::new("the secret reason"))
        })
        .handle_message(async |_: Player, _: AskOdd| Odd {})
        .handle_message(async |player: Player, wait: DoWait| {
            player.session().stage.wait(&wait.gate).await;
        })
        .handle_message(async |_: Player, _: DoPanic| -> () { panic!("on purpose") })
        .handle_message(async |_: Player, _: DoFail| {
            Err::<(), _>(HandlerError::new("the secret reason"))
        })
        .handle_message(async |player: Player, _: DoQuit| player.disconnect())
        .handle_message(fill)
        .on_connected(connected)
        .on_disconnected(async |player: Player, close: Close| {
            let seen = Seen::Disconnected(player.session().name.clone(), close.code().number());
            drop(player.session().stage.seen.send(seen));
        })
        .on_error(|player, error| {
            let seen = Seen::Error {
                event: error.event().map(str::to_owned),
                what: error.kind().to_string(),
                message: error.message().to_owned(),
            };
            drop(player.session().stage.seen.send(seen));
        })
        .build()
}

async fn connected(player: Player) -> Result<(), HandlerError> {
    let Actor {
        name,
        stage,
        refuses,
    } = player.session();
    if *refuses {
        return Err(HandlerError::new("not today"));
    }
    stage.room.register_client(name, &player).await?;
    player.send(&Connected { id: name.clone() })?;
    Ok(())
}

async fn fill(player: Player, fill: DoFill) -> Result<(), SendError> {
    let text = "x".repeat(fill.bytes);
    for _ in 0..fill.times {
        player.send(&Filled { text: text.clone() })?;
    }
    Ok(())
}

/// Limits whose times are short, for what a test has to wait for.
pub fn impatient() -> Limits {
    Limits::default()
        .with_handshake(Duration::from_millis(300))
        .with_handler(Duration::from_millis(300))
        .with_close(Duration::from_millis(500))
}
