//! Messages: their order, their positions, and what is recovered of them.

use std::sync::{Arc, Mutex, Weak};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{
    DEADLINE, Kept, Nodes, RETENTION, attach, broken, is_deserted, join, publish, recover,
};
use crate::cluster::{
    Arrival, Backend, ClusterStatus, GapReason, Message, Retention, Sink, Target,
};
use crate::protocol::{Close, CloseCode, ConnectionId, Position, Text};

pub(super) async fn every_node_is_given_every_frame_in_one_order(nodes: Nodes) {
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

pub(super) async fn positions_of_a_log_have_no_holes(nodes: Nodes) {
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
            .all(|position| position.mark == positions[0].mark)
    );
    assert_ne!(
        positions[2].mark, positions[3].mark,
        "each frame has its own"
    );
}

pub(super) async fn a_sink_is_given_what_comes_after_its_attachment(nodes: Nodes) {
    publish(&nodes.first, "room", &["before"]).await;
    let (kept, head) = attach(&nodes.second, "room").await;
    publish(&nodes.first, "room", &["after"]).await;
    assert_eq!(kept.given(1).await, ["after"]);
    assert_eq!(
        recover(&nodes.second, "room", head.unwrap()).await,
        ["after"]
    );
}

pub(super) async fn recovery_from_each_position_is_exact_inside_frames_too(nodes: Nodes) {
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
            mark: !position.mark,
            ..position
        };
        assert_eq!(
            broken(&nodes.second, "room", forged).await.0,
            GapReason::Forked
        );
    }
}

pub(super) async fn recovery_survives_that_nobody_follows_the_channel(nodes: Nodes) {
    let (kept, head) = attach(&nodes.first, "room").await;
    drop(kept);
    nodes.first.detach("room");
    publish(&nodes.second, "room", &["a", "b"]).await;
    assert_eq!(
        recover(&nodes.first, "room", head.unwrap()).await,
        ["a", "b"]
    );
}

pub(super) async fn a_position_that_is_trimmed_is_told_apart(nodes: Nodes) {
    let (kept, head) = attach(&nodes.first, "room").await;
    for number in 0..500 {
        publish(&nodes.first, "room", &[&number.to_string()]).await;
    }
    kept.given(500).await;
    let positions = kept.positions();
    let (why, _) = broken(&nodes.first, "room", head.unwrap()).await;
    assert_eq!(why, GapReason::Trimmed);
    // On the other node, where nothing of it is at hand.
    assert_eq!(
        broken(&nodes.second, "room", positions[0]).await,
        (GapReason::Trimmed, positions[499])
    );
    for node in [&nodes.first, &nodes.second] {
        let kept: Vec<String> = (400..500).map(|number| number.to_string()).collect();
        assert_eq!(recover(node, "room", positions[399]).await, kept);
        assert_eq!(recover(node, "room", positions[499]).await, [""; 0]);
    }
}

pub(super) async fn a_position_with_another_mark_is_a_fork(nodes: Nodes) {
    let (kept, _) = attach(&nodes.first, "room").await;
    publish(&nodes.first, "room", &["a", "b", "c"]).await;
    kept.given(3).await;
    let seen = kept.positions()[1];
    let forked = Position {
        mark: seen.mark ^ 1,
        ..seen
    };
    let (why, head) = broken(&nodes.first, "room", forked).await;
    assert_eq!((why, head), (GapReason::Forked, kept.positions()[2]));
}

pub(super) async fn a_position_above_the_log_is_of_another_log(nodes: Nodes) {
    let (kept, _) = attach(&nodes.first, "room").await;
    publish(&nodes.first, "room", &["a"]).await;
    kept.given(1).await;
    let above = Position {
        seq: kept.positions()[0].seq + 1,
        ..kept.positions()[0]
    };
    assert_eq!(
        broken(&nodes.first, "room", above).await.0,
        GapReason::Reset
    );
}

pub(super) async fn a_position_of_a_log_that_is_gone_is_refused(nodes: Nodes) {
    let old = Position { seq: 7, mark: 7 };
    attach(&nodes.first, "room").await;
    assert_eq!(
        broken(&nodes.first, "room", old).await.0,
        GapReason::Reset,
        "a new log starts above every older one"
    );
}

pub(super) async fn a_channel_without_history_has_no_positions(nodes: Nodes) {
    let kept = Arc::new(Kept::default());
    let sink: Arc<dyn Sink> = Arc::<Kept>::clone(&kept);
    let sink = Arc::downgrade(&sink);
    let head = nodes.first.attach("room", Retention::none(), sink).await;
    assert_eq!(head, Ok(None));
    let message = Message::Event {
        target: Target::All,
        event: Text::from("a".to_owned()),
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

pub(super) async fn messages_past_the_log_take_no_place_in_it(nodes: Nodes) {
    let (here, head) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    publish(&nodes.first, "room", &["a"]).await;
    there.given(1).await;
    // Its own node is given what goes past the log at once, and there is no order between both.
    here.given(1).await;
    let typing = vec![event(Target::All, "typing")];
    let sent = nodes.first.publish("room", Retention::none(), typing).await;
    assert_eq!(sent, Ok(()));
    assert_eq!(there.given(2).await, ["a", "typing"]);
    assert_eq!(here.given(2).await, ["a", "typing"]);
    publish(&nodes.first, "room", &["b"]).await;
    assert_eq!(there.given(3).await, ["a", "typing", "b"]);
    let positions = there.positions();
    assert_eq!(positions[1].seq, positions[0].seq + 1);
    assert_eq!(
        recover(&nodes.second, "room", head.unwrap()).await,
        ["a", "b"]
    );
}

pub(super) async fn messages_are_given_as_they_were_sent(nodes: Nodes) {
    let (here, _) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    let messages = vec![
        event(Target::All, r#"{"event":"said","data":"ü \u0000"}"#),
        event(Target::Others(ConnectionId::random()), "{}"),
        event(Target::User("ana".into()), "{}"),
        Message::Disconnect {
            user: None,
            close: Close::new(CloseCode::REVOKED, "over"),
        },
        Message::Disconnect {
            user: Some("ana".into()),
            close: Close::new(CloseCode::EXPIRED, "ü"),
        },
    ];
    let sent = format!("{messages:?}");
    nodes
        .first
        .publish("room", RETENTION, messages)
        .await
        .unwrap();
    for kept in [here, there] {
        kept.given(5).await;
        assert_eq!(format!("{:?}", kept.messages()), sent);
    }
}

pub(super) async fn the_end_of_a_user_has_its_place_in_the_order(nodes: Nodes) {
    let (here, head) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    publish(&nodes.first, "room", &["before"]).await;
    let messages = vec![event(Target::User("ana".into()), "goodbye"), end_of("ana")];
    let sent = nodes.second.publish("room", RETENTION, messages).await;
    assert_eq!(sent, Ok(()));
    publish(&nodes.first, "room", &["behind"]).await;
    let expected = ["before", "goodbye", "disconnect ana", "behind"];
    for kept in [&here, &there] {
        assert_eq!(kept.given(4).await, expected);
    }
    let seqs = here.positions().into_iter().map(|position| position.seq);
    let first = head.unwrap().seq + 1;
    assert_eq!(seqs.collect::<Vec<_>>(), Vec::from_iter(first..first + 4));
    // Whoever comes back on whatever node is given what stands around it.
    assert_eq!(recover(&nodes.first, "room", head.unwrap()).await, expected);
}

pub(super) async fn the_end_of_a_user_reaches_every_node_once_without_history(nodes: Nodes) {
    let none = Retention::none();
    let (here, there) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    for (node, kept) in [(&nodes.first, &here), (&nodes.second, &there)] {
        let sink: Arc<dyn Sink> = Arc::<Kept>::clone(kept);
        let attached = node.attach("room", none, Arc::downgrade(&sink)).await;
        assert_eq!(attached, Ok(None));
    }
    for text in ["one", "two", "three"] {
        let messages = vec![event(Target::All, text), end_of(text)];
        nodes.first.publish("room", none, messages).await.unwrap();
    }
    for kept in [here, there] {
        let given = kept.given(6).await;
        assert_eq!(given[..2], ["one", "disconnect one"]);
        assert_eq!(given[4..], ["three", "disconnect three"]);
        assert_eq!(kept.positions(), []);
    }
}

fn end_of(user: &str) -> Message {
    Message::Disconnect {
        user: Some(user.into()),
        close: Close::new(CloseCode::REVOKED, "over"),
    }
}

fn event(target: Target, text: &str) -> Message {
    Message::Event {
        target,
        event: Text::from(text.to_owned()),
    }
}

pub(super) async fn channels_have_nothing_to_do_with_each_other(nodes: Nodes) {
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
    assert!(is_deserted(&*nodes.first).await);
}

pub(super) async fn a_sink_that_is_gone_is_given_nothing(nodes: Nodes) {
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

pub(super) async fn a_cluster_that_is_closed_says_so(nodes: Nodes) {
    let mut status = nodes.first.status();
    assert_eq!(*status.borrow_and_update(), ClusterStatus::Up);
    nodes.first.close().await.unwrap();
    assert_eq!(*status.borrow_and_update(), ClusterStatus::Closed);
    assert_eq!(*nodes.second.status().borrow(), ClusterStatus::Up);
}

/// A sink whose owner goes while it is given something: it is the backend that drops it.
struct Fleeting {
    itself: Mutex<Option<Arc<Self>>>,
    backend: Arc<dyn Backend>,
    gone: mpsc::UnboundedSender<()>,
}

impl Sink for Fleeting {
    fn take(&self, _: Arrival) {
        drop(self.itself.lock().unwrap().take());
    }
}

impl Drop for Fleeting {
    fn drop(&mut self) {
        self.backend.detach("room");
        self.gone.send(()).unwrap();
    }
}

pub(super) async fn a_sink_may_go_while_it_is_given_something(nodes: Nodes) {
    let (gone, mut is_gone) = mpsc::unbounded_channel();
    let fleeting = Arc::new(Fleeting {
        itself: Mutex::default(),
        backend: Arc::clone(&nodes.first),
        gone,
    });
    let sink: Weak<dyn Sink> = Arc::downgrade(&(Arc::clone(&fleeting) as Arc<dyn Sink>));
    nodes.first.attach("room", RETENTION, sink).await.unwrap();
    *fleeting.itself.lock().unwrap() = Some(Arc::clone(&fleeting));
    drop(fleeting);
    let second = Arc::clone(&nodes.second);
    tokio::spawn(async move { publish(&second, "room", &["a"]).await });
    timeout(DEADLINE, is_gone.recv()).await.unwrap();
    let (kept, _) = attach(&nodes.first, "room").await;
    publish(&nodes.second, "room", &["b"]).await;
    assert_eq!(kept.given(1).await, ["b"]);
}
