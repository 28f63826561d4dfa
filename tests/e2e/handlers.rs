//! The handlers of the contract: they do what they are told, and note it.

use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use ws_core::{Client, Close, CloseCode, HandlerError, Handlers, SendError};

use crate::contract::{
    Ask, Count, CountAloud, Counted, Do, Done, House, Ready, Say, TellOthers, said,
};
use crate::node::{Note, Visitor};

type Guest = Client<House, Visitor>;

/// The user whose connections the hook refuses.
pub(crate) const UNWANTED: &str = "unwanted";

/// The user whose connections the hook refuses when the gate is opened.
pub(crate) const UNWANTED_SLOWLY: &str = "unwanted-slowly";

/// The user at whose connections the hook panics.
pub(crate) const PANICKING: &str = "panicking";

/// The user at whose connections the hook panics before its first await.
pub(crate) const STARTLING: &str = "startling";

/// The user who has to give a token.
pub(crate) const CAREFUL: &str = "careful";

/// The token that is taken.
pub(crate) const TOKEN: &str = "a token";

/// The user at whose connections the hook waits until the gate is opened.
pub(crate) const PATIENT: &str = "patient";

/// The user at whose connections the hook never returns.
pub(crate) const ENDLESS: &str = "endless";

pub(crate) fn handlers() -> Handlers<House, Visitor> {
    Handlers::new()
        .handle_message(async |guest: Guest, asked: Do| work(&guest, asked.name, asked.waits).await)
        .handle_message(ask)
        .handle_message(say)
        .handle_message(async |guest: Guest, tell: TellOthers| guest.broadcast(&said(tell.text)))
        .handle_message(count)
        .handle_message(count_aloud)
        .on_connected(|guest: Guest| {
            assert_ne!(guest.session().user, STARTLING, "startled");
            connected(guest)
        })
        .on_disconnected(async |guest: Guest, close| {
            let user = guest.session().user.clone();
            note(&guest, Note::Disconnected(user, close.code().number()));
        })
        .on_error(|guest, error| note(guest, Note::Error(error.to_string())))
        .build()
}

fn note(guest: &Guest, note: Note) {
    // The test may have ended.
    drop(guest.session().notes.send(note));
}

async fn connected(guest: Guest) -> Result<(), HandlerError> {
    let me = guest.session();
    match me.user.as_str() {
        UNWANTED => return Err(HandlerError::new("nobody wants them")),
        UNWANTED_SLOWLY => {
            guest.send(&Ready {})?;
            pass(&me.gate).await;
            return Err(HandlerError::new("nobody wants them"));
        }
        PANICKING => panic!("the hook panicked"),
        CAREFUL if guest.token() != Some(TOKEN) => {
            guest.disconnect_with(Close::new(CloseCode::EXPIRED, "another token, please"));
            return Ok(());
        }
        ENDLESS => return std::future::pending().await,
        _ => {}
    }
    for room in &me.rooms {
        room.register_client(&me.user, &guest).await?;
    }
    guest.send(&Ready {})?;
    if me.user == PATIENT {
        pass(&me.gate).await;
    }
    Ok(())
}

async fn ask(guest: Guest, asked: Ask) -> Done {
    work(&guest, asked.name.clone(), asked.waits).await;
    Done { name: asked.name }
}

async fn say(guest: Guest, say: Say) -> Result<(), SendError> {
    match guest.session().rooms.first() {
        Some(room) => room.broadcast(&said(say.text)),
        None => Ok(()),
    }
}

async fn count(guest: Guest, count: Count) -> Result<(), SendError> {
    (0..count.to).try_for_each(|number| guest.send(&Counted { number }))
}

async fn count_aloud(guest: Guest, count: CountAloud) -> Result<(), SendError> {
    let me = guest.session();
    for number in 0..count.to {
        guest.send(&Counted { number })?;
        if let Some(room) = me.rooms.first() {
            room.broadcast(&said(format!("{} {number}", me.user)))?;
        }
    }
    Ok(())
}

async fn work(guest: &Guest, name: String, waits: bool) {
    let me = guest.session();
    let work = Work::begin(name, me.notes.clone());
    if waits {
        pass(&me.gate).await;
    }
    work.end();
}

async fn pass(gate: &Semaphore) {
    if let Ok(permit) = gate.acquire().await {
        permit.forget();
    }
}

/// Work that notes how it ends.
struct Work {
    name: Option<String>,
    notes: UnboundedSender<Note>,
}

impl Work {
    fn begin(name: String, notes: UnboundedSender<Note>) -> Self {
        drop(notes.send(Note::Began(name.clone())));
        Self {
            name: Some(name),
            notes,
        }
    }

    fn end(mut self) {
        if let Some(name) = self.name.take() {
            drop(self.notes.send(Note::Ended(name)));
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            drop(self.notes.send(Note::Dropped(name)));
        }
    }
}
