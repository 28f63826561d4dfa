//! What every backend promises, as tests: one suite, run for each of them.
//!
//! A case is given two nodes of one cluster, under channel names of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::timeout;

use super::{
    Arrival, Backend, Change, Cluster, Enrolment, Frame, Member, Message, Recovery, Retention,
    Sink, Target, Why,
};
use crate::MemoryHub;
use crate::protocol::{ConnectionId, Encoded, Position};

/// How long a case waits for anything.
const DEADLINE: Duration = Duration::from_secs(10);

/// The cases, for a backend whose pairs of nodes `$nodes` makes.
macro_rules! conformance {
    ($nodes:expr; $($case:ident)+) => {$(
        #[tokio::test]
        async fn $case() {
            super::$case($nodes).await;
        }
    )+};
}

mod memory {
    use super::{MemoryHub, Nodes};

    fn nodes() -> Nodes {
        let hub = MemoryHub::new();
        Nodes::of([&hub.node(), &hub.node()])
    }

    conformance! { nodes();
        every_node_is_given_every_frame_in_one_order
        positions_of_a_log_have_no_holes
        a_sink_is_given_what_comes_after_its_attachment
        recovery_from_each_position_is_exact_inside_frames_too
        recovery_survives_that_nobody_follows_the_channel
        a_position_that_is_trimmed_is_told_apart
        a_position_with_another_mark_is_a_fork
        a_position_above_the_log_is_of_another_log
        a_position_of_a_log_that_is_gone_is_refused
        a_channel_without_history_has_no_positions
        users_come_with_their_first_connection_and_leave_with_their_last
        to_join_twice_or_leave_twice_changes_nothing
        changes_and_frames_come_in_the_order_in_which_they_were_told
        channels_have_nothing_to_do_with_each_other
        a_sink_that_is_gone_is_given_nothing
    }
}

struct Nodes {
    first: Arc<dyn Backend>,
    second: Arc<dyn Backend>,
}

impl Nodes {
    fn of([first, second]: [&Cluster; 2]) -> Self {
        Self {
            first: Arc::clone(first.backend()),
            second: Arc::clone(second.backend()),
        }
    }
}

const RETENTION: Retention = Retention::new(100, Duration::from_secs(60));

/// A sink that keeps what it is given.
#[derive(Default)]
struct Kept {
    arrivals: Mutex<Vec<Arrival>>,
    arrived: Notify,
}

impl Sink for Kept {
    fn take(&self, arrival: Arrival) {
        self.arrivals.lock().unwrap().push(arrival);
        self.arrived.notify_one();
    }
}

impl Kept {
    /// Waits until as many texts and changes were given, and returns them: a change as `+ana` or `-ana`.
    async fn given(&self, count: usize) -> Vec<String> {
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

    fn texts(&self) -> Vec<String> {
        let arrivals = self.arrivals.lock().unwrap();
        let texts = arrivals.iter().map(|arrival| match arrival {
            Arrival::Frame(frame) => texts(std::slice::from_ref(frame)),
            Arrival::Change(Change::Joined(user)) => vec![format!("+{user}")],
            Arrival::Change(Change::Left(user)) => vec![format!("-{user}")],
        });
        texts.flatten().collect()
    }

    fn positions(&self) -> Vec<Position> {
        let arrivals = self.arrivals.lock().unwrap();
        let frames = arrivals.iter().filter_map(|arrival| match arrival {
            Arrival::Frame(frame) => Some(frame),
            Arrival::Change(_) => None,
        });
        frames
            .flat_map(|frame| frame.iter().filter_map(|(position, _)| position))
            .collect()
    }
}

fn text(message: &Message) -> String {
    match message {
        Message::Event { event, .. } => event.as_str().to_owned(),
        Message::Disconnect(_) => "disconnect".to_owned(),
    }
}

fn texts(frames: &[Frame]) -> Vec<String> {
    let messages = frames.iter().flat_map(|frame| frame.messages.iter());
    messages.map(text).collect()
}

async fn attach(node: &Arc<dyn Backend>, channel: &str) -> (Arc<Kept>, Option<Position>) {
    let kept = Arc::new(Kept::default());
    let sink: Arc<dyn Sink> = Arc::<Kept>::clone(&kept);
    let head = node
        .attach(channel, RETENTION, Arc::downgrade(&sink))
        .await
        .unwrap();
    (kept, head)
}

async fn publish(node: &Arc<dyn Backend>, channel: &str, texts: &[&str]) {
    let messages = texts
        .iter()
        .map(|text| Message::Event {
            target: Target::All,
            event: Encoded::from((*text).to_owned()),
        })
        .collect();
    node.publish(channel, RETENTION, messages).await.unwrap();
}

/// What follows a position, by text.
async fn recover(node: &Arc<dyn Backend>, channel: &str, from: Position) -> Vec<String> {
    match node.recover(channel, from).await.unwrap() {
        Recovery::Exact(frames) => frames
            .iter()
            .flat_map(Frame::iter)
            .filter(|(position, _)| position.is_some_and(|position| position.seq > from.seq))
            .map(|(_, message)| text(message))
            .collect(),
        Recovery::Broken { why, .. } => vec![format!("broken: {}", why.as_str())],
    }
}

async fn broken(node: &Arc<dyn Backend>, channel: &str, from: Position) -> (Why, Position) {
    match node.recover(channel, from).await.unwrap() {
        Recovery::Broken { why, head } => (why, head),
        Recovery::Exact(frames) => panic!("{from:?} was recovered: {:?}", texts(&frames)),
    }
}

fn join(user: &str) -> (Enrolment, ConnectionId) {
    let connection = ConnectionId::random();
    let member = Member {
        user: user.into(),
        connection,
        since: SystemTime::now(),
    };
    (Enrolment::Join(member), connection)
}

async fn every_node_is_given_every_frame_in_one_order(nodes: Nodes) {
    let (here, _) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    for round in 0..20 {
        let [one, two] = [format!("{round} one"), format!("{round} two")];
        publish(&nodes.first, "room", &[&one, &two]).await;
        publish(&nodes.second, "room", &[&format!("{round} three")]).await;
    }
    let given = here.given(60).await;
    assert_eq!(given, there.given(60).await);
    assert_eq!(here.positions(), there.positions());
    assert_eq!(given[..4], ["0 one", "0 two", "0 three", "1 one"]);
}

async fn positions_of_a_log_have_no_holes(nodes: Nodes) {
    let (kept, head) = attach(&nodes.first, "room").await;
    publish(&nodes.first, "room", &["a", "b", "c"]).await;
    publish(&nodes.second, "room", &["d"]).await;
    kept.given(4).await;
    let positions = kept.positions();
    let expected = (head.unwrap().seq + 1)..;
    for (position, seq) in positions.iter().zip(expected) {
        assert_eq!(position.seq, seq);
    }
    assert!(
        positions[..3]
            .iter()
            .all(|position| position.nonce == positions[0].nonce)
    );
    assert_ne!(
        positions[2].nonce, positions[3].nonce,
        "each frame has its own"
    );
}

async fn a_sink_is_given_what_comes_after_its_attachment(nodes: Nodes) {
    publish(&nodes.first, "room", &["before"]).await;
    let (kept, head) = attach(&nodes.second, "room").await;
    publish(&nodes.first, "room", &["after"]).await;
    assert_eq!(kept.given(1).await, ["after"]);
    assert_eq!(
        recover(&nodes.second, "room", head.unwrap()).await,
        ["after"]
    );
}

async fn recovery_from_each_position_is_exact_inside_frames_too(nodes: Nodes) {
    let (kept, head) = attach(&nodes.first, "room").await;
    let all: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    let mut rest: &[String] = &all;
    for size in [1, 5, 2, 12, 1, 9] {
        let (frame, after) = rest.split_at(size);
        publish(
            &nodes.first,
            "room",
            &frame.iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .await;
        rest = after;
    }
    kept.given(all.len()).await;
    assert_eq!(recover(&nodes.second, "room", head.unwrap()).await, all);
    for (index, position) in kept.positions().into_iter().enumerate() {
        assert_eq!(
            recover(&nodes.second, "room", position).await,
            all[index + 1..]
        );
        let forged = Position {
            nonce: !position.nonce,
            ..position
        };
        assert_eq!(broken(&nodes.second, "room", forged).await.0, Why::Forked);
    }
}

async fn recovery_survives_that_nobody_follows_the_channel(nodes: Nodes) {
    let (kept, head) = attach(&nodes.first, "room").await;
    drop(kept);
    nodes.first.detach("room");
    publish(&nodes.second, "room", &["a", "b"]).await;
    assert_eq!(
        recover(&nodes.first, "room", head.unwrap()).await,
        ["a", "b"]
    );
}

async fn a_position_that_is_trimmed_is_told_apart(nodes: Nodes) {
    let (kept, head) = attach(&nodes.first, "room").await;
    for number in 0..150 {
        publish(&nodes.first, "room", &[&number.to_string()]).await;
    }
    kept.given(150).await;
    let positions = kept.positions();
    let (why, now) = broken(&nodes.first, "room", head.unwrap()).await;
    assert_eq!((why, now), (Why::Trimmed, positions[149]));
    assert_eq!(
        broken(&nodes.first, "room", positions[0]).await.0,
        Why::Trimmed
    );
    assert_eq!(recover(&nodes.first, "room", positions[148]).await, ["149"]);
}

async fn a_position_with_another_mark_is_a_fork(nodes: Nodes) {
    let (kept, _) = attach(&nodes.first, "room").await;
    publish(&nodes.first, "room", &["a", "b", "c"]).await;
    kept.given(3).await;
    let seen = kept.positions()[1];
    let forked = Position {
        nonce: seen.nonce ^ 1,
        ..seen
    };
    let (why, head) = broken(&nodes.first, "room", forked).await;
    assert_eq!((why, head), (Why::Forked, kept.positions()[2]));
}

async fn a_position_above_the_log_is_of_another_log(nodes: Nodes) {
    let (kept, _) = attach(&nodes.first, "room").await;
    publish(&nodes.first, "room", &["a"]).await;
    kept.given(1).await;
    let above = Position {
        seq: kept.positions()[0].seq + 1,
        ..kept.positions()[0]
    };
    assert_eq!(broken(&nodes.first, "room", above).await.0, Why::Reset);
}

async fn a_position_of_a_log_that_is_gone_is_refused(nodes: Nodes) {
    let old = Position { seq: 7, nonce: 7 };
    attach(&nodes.first, "room").await;
    assert_eq!(
        broken(&nodes.first, "room", old).await.0,
        Why::Trimmed,
        "a new log starts above every older one"
    );
}

async fn a_channel_without_history_has_no_positions(nodes: Nodes) {
    let kept = Arc::new(Kept::default());
    let sink: Arc<dyn Sink> = Arc::<Kept>::clone(&kept);
    let sink = Arc::downgrade(&sink);
    let head = nodes.first.attach("room", Retention::none(), sink).await;
    assert_eq!(head, Ok(None));
    let message = Message::Event {
        target: Target::All,
        event: Encoded::from("a".to_owned()),
    };
    let messages = vec![message];
    nodes
        .second
        .publish("room", Retention::none(), messages)
        .await
        .unwrap();
    assert_eq!(kept.given(1).await, ["a"]);
    assert_eq!(kept.positions(), []);
}

async fn users_come_with_their_first_connection_and_leave_with_their_last(nodes: Nodes) {
    let (here, _) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    let ((ana, ana_id), (ana_too, ana_too_id), (bea, bea_id)) =
        (join("ana"), join("ana"), join("bea"));
    nodes.first.update("room", vec![ana, bea]).await.unwrap();
    nodes.second.update("room", vec![ana_too]).await.unwrap();
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    for member in nodes.second.members("room").await.unwrap() {
        *users.entry(member.user.to_string()).or_default() += 1;
    }
    assert_eq!(
        users,
        BTreeMap::from([("ana".to_owned(), 2), ("bea".to_owned(), 1)])
    );
    nodes
        .first
        .update("room", vec![Enrolment::Leave(ana_id)])
        .await
        .unwrap();
    nodes
        .first
        .update("room", vec![Enrolment::Leave(bea_id)])
        .await
        .unwrap();
    nodes
        .second
        .update("room", vec![Enrolment::Leave(ana_too_id)])
        .await
        .unwrap();
    for kept in [here, there] {
        assert_eq!(kept.given(4).await, ["+ana", "+bea", "-bea", "-ana"]);
    }
    assert!(nodes.first.members("room").await.unwrap().is_empty());
}

async fn to_join_twice_or_leave_twice_changes_nothing(nodes: Nodes) {
    let (kept, _) = attach(&nodes.first, "room").await;
    let (ana, id) = join("ana");
    let leave = || Enrolment::Leave(id);
    let changes = vec![leave(), ana.clone(), ana, leave(), leave()];
    nodes.first.update("room", changes).await.unwrap();
    nodes
        .first
        .update("room", vec![join("bea").0])
        .await
        .unwrap();
    assert_eq!(kept.given(3).await, ["+ana", "-ana", "+bea"]);
    assert_eq!(nodes.second.members("room").await.unwrap().len(), 1);
}

async fn changes_and_frames_come_in_the_order_in_which_they_were_told(nodes: Nodes) {
    let (kept, _) = attach(&nodes.second, "room").await;
    let (ana, id) = join("ana");
    nodes.first.update("room", vec![ana]).await.unwrap();
    publish(&nodes.first, "room", &["hello"]).await;
    nodes
        .first
        .update("room", vec![Enrolment::Leave(id)])
        .await
        .unwrap();
    publish(&nodes.first, "room", &["she is gone"]).await;
    assert_eq!(
        kept.given(4).await,
        ["+ana", "hello", "-ana", "she is gone"]
    );
}

async fn channels_have_nothing_to_do_with_each_other(nodes: Nodes) {
    let (kept, _) = attach(&nodes.first, "room").await;
    let (other, _) = attach(&nodes.first, "other").await;
    publish(&nodes.second, "room", &["a"]).await;
    publish(&nodes.second, "other", &["b"]).await;
    nodes
        .second
        .update("other", vec![join("ana").0])
        .await
        .unwrap();
    publish(&nodes.second, "room", &["c"]).await;
    assert_eq!(kept.given(2).await, ["a", "c"]);
    assert_eq!(other.given(2).await, ["b", "+ana"]);
    assert!(nodes.first.members("room").await.unwrap().is_empty());
}

async fn a_sink_that_is_gone_is_given_nothing(nodes: Nodes) {
    let (gone, _) = attach(&nodes.first, "room").await;
    let (kept, _) = attach(&nodes.first, "room").await;
    let watched = Arc::downgrade(&gone);
    drop(gone);
    nodes.first.detach("room");
    publish(&nodes.first, "room", &["a"]).await;
    assert_eq!(kept.given(1).await, ["a"]);
    assert!(
        watched.upgrade().is_none(),
        "the backend does not keep it alive"
    );
}
