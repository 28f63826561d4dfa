//! The room: what happens to each message, and who is there.

use std::time::Duration;

use chrono::Utc;
use ws_core::{
    Channel, Client, ClientError, ClientErrorKind, HandlerError, Handlers, Presence, SendError,
    Server,
};

use crate::contract::{
    Chat, ChatMsg, Connected, GetParticipant, Participant, ParticipantConnected,
    ParticipantDisconnected, ParticipantError, PrivateError, PrivateMsg, Reconnect, Said, SendMsg,
    SendPrivate, Sent, Signout, UserId,
};
use crate::history::History;

/// A user who is back within this time has not left, so reloading the page does not count as leaving.
const GRACE: Duration = Duration::from_secs(4);

/// What the application attaches to a connection: who it is, and the room it is in.
#[derive(Debug)]
pub struct Visitor {
    pub id: UserId,
    pub room: Channel<Chat>,
    pub history: History,
}

type Guest = Client<Chat, Visitor>;

/// Opens the room, which tells everyone when somebody joins or leaves.
pub fn open(cluster: &ws_core::Cluster) -> Channel<Chat> {
    let room: Channel<Chat> = cluster.channel("my-channel");
    room.on_presence_after(GRACE, |room, presence| {
        let told = match presence {
            Presence::Joined(id) => {
                room.broadcast_local_except(&id.clone(), &ParticipantConnected { id })
            }
            Presence::Left(id) => room.broadcast_local(&ParticipantDisconnected { id }),
        };
        if let Err(error) = told {
            tracing::error!(%error, "the room was not told who joined or left");
        }
    });
    room
}

/// The handlers of all events. Leave one out, and the program does not compile.
pub fn handlers() -> Handlers<Chat, Visitor> {
    Handlers::new()
        .handle_message(incoming_msg)
        .handle_message(incoming_private_msg)
        .handle_message(participant_info)
        .handle_message(signout)
        .on_connected(connected)
        .on_disconnected(
            async |guest: Guest, close| tracing::info!(id = guest.session().id, %close, "left"),
        )
        .on_error(failed)
        .build()
}

/// Tells everyone that the server is going away and that their pages will reconnect.
pub fn say_goodbye(server: &Server<Chat, Visitor>) {
    let goodbye = Reconnect {
        reason: "the server is restarting".into(),
    };
    if let Err(error) = server.broadcast_local(&goodbye) {
        tracing::error!(%error, "nobody was told that the server is restarting");
    }
}

async fn connected(guest: Guest) -> Result<(), HandlerError> {
    let me = guest.session();
    me.room.register_client(&me.id, &guest).await?;
    let participants = me
        .room
        .participants()
        .await?
        .iter()
        .map(|participant| participant.user.clone())
        .collect();
    guest.send(&Connected {
        id: me.id.clone(),
        participants,
    })?;
    guest.send(&Said {
        messages: me.history.recent(),
    })?;
    tracing::info!(id = me.id, "joined");
    Ok(())
}

/// Everyone in the room sees the messages in one order, the sender included.
async fn incoming_msg(guest: Guest, msg: SendMsg) -> Result<(), SendError> {
    let me = guest.session();
    let msg = ChatMsg {
        from: me.id.clone(),
        text: msg.text,
        sent_at: Utc::now(),
    };
    // First, so that somebody who joins at this moment gets it from at least one of the two.
    me.history.add(msg.clone());
    me.room.broadcast(&msg)
}

/// If the cluster is out of reach, the sender is told `ws.internal`, and not that the other one is away.
async fn incoming_private_msg(
    guest: Guest,
    msg: SendPrivate,
) -> Result<Result<Sent, PrivateError>, HandlerError> {
    let me = guest.session();
    let sent_at = Utc::now();
    let participants = me.room.participants().await?;
    let connections = participants.get(&msg.to).map_or(0, |to| to.connections);
    if connections == 0 {
        return Ok(Err(PrivateError::NotHere));
    }
    let private = PrivateMsg {
        from: me.id.clone(),
        text: msg.text,
        sent_at,
    };
    me.room.send(&msg.to, &private)?;
    Ok(Ok(Sent { sent_at }))
}

async fn participant_info(
    guest: Guest,
    ask: GetParticipant,
) -> Result<Result<Participant, ParticipantError>, HandlerError> {
    let participants = guest.session().room.participants().await?;
    let Some(found) = participants.get(&ask.id) else {
        return Ok(Err(ParticipantError::NotFound));
    };
    Ok(Ok(Participant {
        id: found.user.clone(),
        name: found.user.clone(),
        connected_at: found.since.into(),
        connections: u32::try_from(found.connections).unwrap_or(u32::MAX),
    }))
}

/// Clients can make mistakes as often as they like, and would fill the log: their errors are only logged at `DEBUG`.
fn failed(guest: &Guest, error: &ClientError) {
    let id = &guest.session().id;
    match error.kind() {
        ClientErrorKind::Refused { .. } | ClientErrorKind::Closed(_) => {
            tracing::debug!(id, %error, "a client did what it should not");
        }
        _ => tracing::error!(id, %error, "a handler did not do what it should"),
    }
}

async fn signout(guest: Guest, _: Signout) {
    guest.disconnect();
}
