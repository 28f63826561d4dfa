//! A contract of what chats and games send: small objects, and a request.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::bench::Socketless;
use ws_core::{Channel, Client, Handlers, Limits, SendError, Server, WsEvent};

/// What somebody says, with limits that are checked.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "room.say")]
pub struct Say {
    /// Where.
    #[garde(length(max = 64))]
    pub room: String,
    /// The number of the message.
    #[garde(range(max = (1u64 << 53) - 1))]
    pub id: u64,
    /// Who.
    #[garde(length(max = 64))]
    pub user: String,
    /// What.
    #[garde(length(max = 4000))]
    pub text: String,
}

/// The same, as everybody hears it.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.said")]
pub struct Said {
    /// Where.
    pub room: String,
    /// The number of the message.
    pub id: u64,
    /// Who.
    pub user: String,
    /// What.
    pub text: String,
}

/// Asks for the sum.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.sum", reply = u32)]
pub struct Sum {
    /// What is added.
    pub numbers: [u32; 3],
}

/// What clients send.
#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub enum FromClient {
    /// Answered to the sender.
    Say(Say),
    /// Answered with its reply.
    Sum(Sum),
}

/// What the server sends.
#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub enum FromServer {
    /// To one client, or to a channel.
    Said(Said),
}

ws_core::contract!(
    /// What is measured.
    pub Room = "room" { client: FromClient, server: FromServer }
);

/// A message of 116 bytes in the form in which clients write it.
pub const SAY: &str = r#"{"event":"room.say","data":{"room":"lobby","id":9001,"user":"ana","text":"is anybody here who knows the way?"}}"#;

/// What is heard of it.
pub fn said() -> Said {
    Said {
        room: "lobby".into(),
        id: 9001,
        user: "ana".into(),
        text: "is anybody here who knows the way?".into(),
    }
}

/// A server whose handlers end at once, and whose clients may make as many mistakes as are measured.
pub fn server() -> Server<Room, ()> {
    let handlers = Handlers::new().handle_message(say).handle_message(sum);
    let limits = Limits::default().with_errors_per_minute(u32::MAX);
    Server::new(handlers.build()).with_limits(limits)
}

async fn say(client: Client<Room, ()>, say: Say) -> Result<(), SendError> {
    let Say {
        room,
        id,
        user,
        text,
    } = say;
    client.send(&Said {
        room,
        id,
        user,
        text,
    })
}

async fn sum(_: Client<Room, ()>, sum: Sum) -> u32 {
    sum.numbers.iter().sum()
}

/// So many clients in a channel, each as a user of its own.
pub async fn members(channel: &Channel<Room>, count: usize) -> Vec<Socketless<Room, ()>> {
    let server = server();
    let mut members = Vec::with_capacity(count);
    for number in 0..count {
        let member = Socketless::new(&server, ());
        let user = format!("user-{number}");
        let registered = channel.register_client(&user, member.client()).await;
        assert_eq!(registered, Ok(()));
        members.push(member);
    }
    members
}
