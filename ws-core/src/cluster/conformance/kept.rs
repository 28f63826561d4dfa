//! A sink that keeps what it is given, and what cases do again and again.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::{DEADLINE, RETENTION};
use crate::cluster::{
    Arrival, Backend, Change, Enrolment, Frame, GapReason, Marks, Member, Message, Recovery, Sink,
    Target,
};
use crate::protocol::{ConnectionId, Position, Text};

/// A sink that keeps what it is given: once what ends connections, on whichever ways that comes.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) arrivals: Mutex<Vec<Arrival>>,
    carried_out: Mutex<Marks>,
    arrived: Notify,
}

impl Sink for Kept {
    fn take(&self, arrival: Arrival) {
        if let Arrival::Frame(frame) = &arrival
            && frame.messages.iter().any(is_order)
            && let Some(mark) = frame.mark()
            && !self.carried_out.lock().unwrap().add(mark)
        {
            return;
        }
        self.arrivals.lock().unwrap().push(arrival);
        self.arrived.notify_one();
    }
}

impl Kept {
    /// Waits until as many texts and changes were given, and returns them: a change as `+ana` or `-ana`.
    pub(super) async fn given(&self, count: usize) -> Vec<String> {
        let given = async {
            loop {
                let given = self.texts();
                if given.len() >= count {
                    return given;
                }
                self.arrived.notified().await;
            }
        };
        let given = timeout(DEADLINE, given).await;
        given.unwrap_or_else(|_| panic!("{count} were expected, and came: {:?}", self.texts()))
    }

    pub(super) fn texts(&self) -> Vec<String> {
        let arrivals = self.arrivals.lock().unwrap();
        let texts = arrivals.iter().map(|arrival| match arrival {
            Arrival::Frame(frame) => texts(std::slice::from_ref(frame)),
            Arrival::Early(..) => vec!["early".to_owned()],
            Arrival::Taken(..) => Vec::new(),
            Arrival::Gap { why, .. } => vec![format!("gap: {}", why.as_str())],
            Arrival::Change(Change::Joined(user)) => vec![format!("+{user}")],
            Arrival::Change(Change::Left(last)) => vec![format!("-{}", last.user)],
            Arrival::Replaced(key) => vec![format!("replaced {}", key.reveal())],
        });
        texts.flatten().collect()
    }

    /// The messages.
    pub(super) fn messages(&self) -> Vec<Message> {
        let arrivals = self.arrivals.lock().unwrap();
        let frames = arrivals.iter().filter_map(|arrival| match arrival {
            Arrival::Frame(frame) => Some(frame),
            _ => None,
        });
        frames.flat_map(|frame| frame.messages.to_vec()).collect()
    }

    pub(super) fn positions(&self) -> Vec<Position> {
        let arrivals = self.arrivals.lock().unwrap();
        let frames = arrivals.iter().filter_map(|arrival| match arrival {
            Arrival::Frame(frame) => Some(frame),
            _ => None,
        });
        frames
            .flat_map(|frame| frame.iter().filter_map(|(position, _)| position))
            .collect()
    }
}

fn is_order(message: &Message) -> bool {
    matches!(message, Message::Disconnect { .. })
}

pub(in crate::cluster) fn text(message: &Message) -> String {
    match message {
        Message::Event { event, .. } => event.as_str().to_owned(),
        Message::Disconnect { user: None, .. } => "disconnect".to_owned(),
        Message::Disconnect {
            user: Some(user), ..
        } => format!("disconnect {user}"),
        Message::Blank => "blank".to_owned(),
        Message::Gap => "gap".to_owned(),
    }
}

pub(super) fn texts(frames: &[Frame]) -> Vec<String> {
    let messages = frames.iter().flat_map(|frame| frame.messages.iter());
    messages.map(text).collect()
}

pub(super) async fn attach(
    node: &Arc<dyn Backend>,
    channel: &str,
) -> (Arc<Kept>, Option<Position>) {
    let kept = Arc::new(Kept::default());
    let sink: Arc<dyn Sink> = Arc::<Kept>::clone(&kept);
    let head = node
        .attach(channel, RETENTION, Arc::downgrade(&sink))
        .await
        .unwrap();
    (kept, head)
}

pub(super) async fn publish(node: &Arc<dyn Backend>, channel: &str, texts: &[&str]) {
    let messages = texts
        .iter()
        .map(|text| Message::Event {
            target: Target::All,
            event: Text::from((*text).to_owned()),
        })
        .collect();
    node.publish(channel, RETENTION, messages).await.unwrap();
}

/// What follows a position, by text.
pub(super) async fn recover(node: &Arc<dyn Backend>, channel: &str, from: Position) -> Vec<String> {
    let (mut found, mut at) = (Vec::new(), from);
    loop {
        let (frames, more) = match node.recover(channel, at).await.unwrap() {
            Recovery::Exact { frames, more } => (frames, more),
            Recovery::Gap { why, .. } | Recovery::Broken { why, .. } => {
                return vec![format!("broken: {}", why.as_str())];
            }
        };
        let before = at;
        for (position, message) in frames.iter().flat_map(Frame::iter) {
            let position = position.unwrap();
            if position.seq > at.seq {
                found.push(text(message));
                at = position;
            }
        }
        if !more {
            return found;
        }
        assert_ne!(at, before, "a page with more behind it leads on");
    }
}

pub(super) async fn broken(
    node: &Arc<dyn Backend>,
    channel: &str,
    from: Position,
) -> (GapReason, Position) {
    match node.recover(channel, from).await.unwrap() {
        Recovery::Broken { why, head } => (why, head),
        Recovery::Exact { frames, .. } | Recovery::Gap { frames, .. } => {
            panic!("{from:?} was recovered: {:?}", texts(&frames))
        }
    }
}

pub(super) fn join(user: &str) -> (Enrolment, ConnectionId) {
    let connection = ConnectionId::random();
    let member = Member {
        user: user.into(),
        connection,
        since: SystemTime::now(),
    };
    (Enrolment::Join(member), connection)
}

/// Whether a backend knows nobody in the channel.
pub(super) async fn is_deserted(backend: &dyn Backend) -> bool {
    backend.members("room").await.unwrap().members.is_empty()
}
