//! A server of many rooms, for the generated client: whoever comes is in all of them, and what anybody says is said in all.
//! Besides, there are side rooms, which a client joins by a request, and in which only members may say something.
//! Who comes with the token `expired` is to come with another one.
//!
//! Writes its contract where it is told to, serves until it is ended, and says on a line where.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::{env, fs, io};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use ws_core::{
    Channel, Client, Close, CloseCode, Cluster, HandlerError, Handlers, Limits, Server, WsEvent,
    WsUpgrade,
};

/// Says something in all rooms.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Say {
    text: String,
}

/// Joins a side room.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Join {
    room: String,
}

/// Says something in a side room.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Whisper {
    room: String,
    text: String,
}

/// You are in all rooms.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Entered {}

/// Something was said in a room.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Said {
    room: String,
    text: String,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "rooms")]
enum In {
    Say(Say),
    #[ws(reply = ())]
    Join(Join),
    Whisper(Whisper),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "rooms")]
enum Out {
    Entered(Entered),
    Said(Said),
}

ws_core::contract!(Rooms = "rooms" { client: In, server: Out });

/// All rooms, which every connection is in, and the side rooms.
#[derive(Clone)]
struct House {
    rooms: Arc<[Channel<Rooms>]>,
    cluster: Cluster,
}

impl House {
    fn side_room(&self, name: &str) -> Channel<Rooms> {
        self.cluster.channel(name)
    }
}

type Door = (Server<Rooms, House>, House);

/// What the program was told.
struct Options {
    listen: SocketAddr,
    /// Where the contract is to be written.
    contract: PathBuf,
    rooms: usize,
    /// The longest message from a client, in bytes.
    message: usize,
}

impl Options {
    fn read() -> Result<Self, Box<dyn std::error::Error>> {
        let given: Vec<String> = env::args().skip(1).collect();
        let option = |name: &str| {
            let mut pairs = given.chunks_exact(2);
            let pair = pairs.find(|pair| pair[0] == name);
            pair.map(|pair| pair[1].as_str())
                .ok_or_else(|| format!("{name} is missing"))
        };
        Ok(Self {
            listen: option("--listen")?.parse()?,
            contract: option("--contract")?.into(),
            rooms: option("--rooms")?.parse()?,
            message: option("--message")?.parse()?,
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::read()?;
    let contract = ws_core::contract::contract_file::<Rooms>().map_err(io::Error::other)?;
    fs::write(&options.contract, contract)?;

    let cluster = Cluster::in_memory();
    let rooms = (0..options.rooms).map(|number| cluster.channel(&format!("room-{number}")));
    let limits = Limits::default()
        .with_channels_per_client(options.rooms + 1)
        .with_message_bytes(options.message);
    let server = Server::new(handlers()).with_limits(limits);
    let house = House {
        rooms: rooms.collect(),
        cluster: cluster.clone(),
    };
    let door: Door = (server, house);
    let app = Router::new().route("/ws", get(enter)).with_state(door);

    let listener = TcpListener::bind(options.listen).await?;
    announce(listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line that says where it is")]
fn announce(address: SocketAddr) {
    println!("The rooms are at http://{address}/");
}

fn handlers() -> Handlers<Rooms, House> {
    Handlers::<Rooms, House>::new()
        .handle_message(say)
        .handle_message(join)
        .handle_message(whisper)
        .on_connected(arrive)
        .build()
}

async fn enter(ws: WsUpgrade, State((server, house)): State<Door>) -> Response {
    ws.accept(&server, house)
}

async fn arrive(client: Client<Rooms, House>) -> Result<(), HandlerError> {
    if client.token() == Some("expired") {
        client.disconnect_with(Close::new(CloseCode::EXPIRED, "another token, please"));
        return Ok(());
    }
    let user = client.id().to_string();
    for room in client.session().rooms.iter() {
        room.register_client(&user, &client).await?;
    }
    for name in client.channels_to_resume() {
        if name.starts_with("side-") {
            let room = client.session().side_room(&name);
            room.register_client(&user, &client).await?;
        }
    }
    client.send(&Entered {})?;
    Ok(())
}

async fn join(client: Client<Rooms, House>, Join { room }: Join) -> Result<(), HandlerError> {
    let room = client.session().side_room(&room);
    room.register_client(&client.id().to_string(), &client)
        .await?;
    Ok(())
}

async fn whisper(client: Client<Rooms, House>, whisper: Whisper) -> Result<(), HandlerError> {
    let Whisper { room, text } = whisper;
    let channel = client.session().side_room(&room);
    if !channel.is_registered(&client) {
        return Err(HandlerError::new("whoever whispers is in the room"));
    }
    Ok(channel.broadcast(&Said { room, text })?)
}

async fn say(client: Client<Rooms, House>, Say { text }: Say) -> Result<(), HandlerError> {
    for room in client.session().rooms.iter() {
        room.broadcast(&Said {
            room: room.name().to_owned(),
            text: text.clone(),
        })?;
    }
    Ok(())
}
