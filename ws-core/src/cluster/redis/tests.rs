//! Faults that no server has: a subscription that is deaf although its connection is healthy, and pushes that are lost.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use redis_server::RedisServer;
use tokio::sync::watch;
use tokio::time::timeout;

use super::RedisBackend;
use super::options::RedisOptions;
use crate::cluster::{Arrival, Backend, ClusterStatus, Message, Retention, Sink, Target};
use crate::protocol::{Close, CloseCode, Text};

pub(super) const RETENTION: Retention = Retention::new(10_000, Duration::from_secs(60));

/// What the members of a node were given: the texts of events, `gap`, or `disconnect`.
pub(super) struct Given {
    texts: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
}

impl Given {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            texts: Mutex::default(),
            count: watch::Sender::new(0),
        })
    }

    pub(super) async fn are(&self, count: usize) -> Vec<String> {
        let mut given = self.count.subscribe();
        let come = given.wait_for(|given| *given >= count);
        let come = timeout(Duration::from_secs(20), come).await;
        let texts = self.texts.lock().unwrap().clone();
        assert!(come.is_ok(), "{count} were expected: {texts:?}");
        texts
    }
}

impl Sink for Given {
    fn take(&self, arrival: Arrival) {
        let mut texts = self.texts.lock().unwrap();
        match arrival {
            Arrival::Frame(frame) => texts.extend(frame.messages.iter().map(text)),
            Arrival::Early(_, messages) => texts.extend(messages.iter().map(text)),
            Arrival::Gap { .. } => texts.push("gap".to_owned()),
            Arrival::Change(_) | Arrival::Replaced(_) => {}
        }
        self.count.send_replace(texts.len());
    }
}

fn text(message: &Message) -> String {
    match message {
        Message::Event { event, .. } => event.as_str().to_owned(),
        Message::Disconnect(_) => "disconnect".to_owned(),
        Message::Blank => "blank".to_owned(),
    }
}

pub(super) async fn pair(server: &RedisServer) -> [RedisBackend; 2] {
    let connect = || RedisBackend::connect(RedisOptions::new(server.url()));
    [connect().await.unwrap(), connect().await.unwrap()]
}

pub(super) async fn follow(node: &RedisBackend, retention: Retention) -> Arc<Given> {
    open(node, "room", retention).await
}

pub(super) async fn open(node: &RedisBackend, channel: &str, retention: Retention) -> Arc<Given> {
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
    let sink = Arc::downgrade(&sink);
    node.attach(channel, retention, sink).await.unwrap();
    given
}

pub(super) async fn publish(node: &RedisBackend, retention: Retention, message: Message) {
    node.publish("room", retention, vec![message])
        .await
        .unwrap();
}

pub(super) fn event(text: impl ToString) -> Message {
    Message::Event {
        target: Target::All,
        event: Text::from(text.to_string()),
    }
}

pub(super) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let so = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    let so = timeout(Duration::from_secs(10), so).await;
    assert!(so.is_ok(), "waited until {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_deaf_is_noticed_within_a_second_and_a_half() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    publish(&here, RETENTION, event("before")).await;
    given.are(1).await;
    there.node().faults.lost.store(1, Ordering::Relaxed);
    let begun = Instant::now();
    publish(&here, RETENTION, event("unheard")).await;
    assert_eq!(given.are(2).await, ["before", "unheard"]);
    let took = begun.elapsed();
    assert!(took <= Duration::from_millis(1500), "after {took:?}");
    // With an idle channel, too: the connection itself has to prove that it hears.
    let mut status = there.status();
    let degraded = status.wait_for(|status| *status != crate::ClusterStatus::Up);
    timeout(Duration::from_millis(1500), degraded)
        .await
        .unwrap()
        .unwrap();
    there.node().faults.lost.store(0, Ordering::Relaxed);
    publish(&here, RETENTION, event("heard again")).await;
    assert_eq!(given.are(3).await, ["before", "unheard", "heard again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_that_are_lost_one_by_one_are_read_from_the_log() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    there.node().faults.lost.store(50, Ordering::Relaxed);
    // Some of them are so long that they come in two pushes.
    let text = |number: usize| {
        let rest = "x".repeat(if number.is_multiple_of(3) { 3000 } else { 0 });
        format!("{number} {rest}")
    };
    for number in 0..2000 {
        publish(&here, RETENTION, event(text(number))).await;
    }
    let expected: Vec<String> = (0..2000).map(text).collect();
    assert_eq!(given.are(2000).await, expected);
    assert!(there.node().faults.losses.load(Ordering::Relaxed) >= 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_node_disconnects_its_members_all_the_same() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    // The log brings the order, too, but who has come meanwhile is not meant.
    let logged = ["disconnect", "blank", "after"];
    let past_the_log = ["disconnect", "after"];
    for (retention, expected) in [(RETENTION, &logged[..]), (Retention::none(), &past_the_log)] {
        let given = follow(&there, retention).await;
        there.node().faults.lost.store(1, Ordering::Relaxed);
        let close = Close::new(CloseCode::REVOKED, "over");
        publish(&here, retention, Message::Disconnect(close)).await;
        assert_eq!(given.are(1).await, ["disconnect"]);
        there.node().faults.lost.store(0, Ordering::Relaxed);
        publish(&here, retention, event("after")).await;
        assert_eq!(given.are(expected.len()).await, expected);
        drop(given);
        there.detach("room");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_the_outbox_was_full_is_given_here_all_the_same() {
    let mut server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_outbox(10_000);
    let node = RedisBackend::connect(options).await.unwrap();
    let given = follow(&node, RETENTION).await;
    server.kill();
    let texts = ["one", "two"].map(|text| format!("{text} {}", "x".repeat(20_000)));
    for text in &texts {
        let published = publish(&node, RETENTION, event(text));
        timeout(Duration::from_secs(10), published).await.unwrap();
    }
    assert!(!node.has_room());
    assert_eq!(given.are(2).await, texts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_could_not_be_opened_is_no_trouble_once_it_is_left() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let log = node.node().keys.channel("room").log;
    server.ask(&["SET", &log, "no log"]).unwrap();
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
    let sink = Arc::downgrade(&sink);
    let attached = node.attach("room", RETENTION, sink).await;
    assert!(attached.is_err());
    let mut status = node.status();
    let is_up = status.wait_for(|status| *status == ClusterStatus::Up);
    let is_up = timeout(Duration::from_secs(10), is_up).await;
    assert!(is_up.is_ok(), "{:?}", node.node().status.why());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fills_the_outbox_while_redis_is_away_is_told() {
    let mut server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_outbox(10_000);
    let node = RedisBackend::connect(options).await.unwrap();
    let given = follow(&node, RETENTION).await;
    server.kill();
    let text = "x".repeat(1000);
    let mut sent = 0;
    while node.has_room() {
        publish(&node, RETENTION, event(&text)).await;
        sent += 1;
    }
    assert!((9..20).contains(&sent), "{sent}");
    given.are(sent).await;
    server.restart().unwrap();
    timeout(Duration::from_secs(10), node.node().outbox.drained())
        .await
        .unwrap();
    assert!(node.has_room());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_behind_others_is_not_looked_for_in_the_log_before_it_is_appended() {
    let mut server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    let _own = follow(&here, RETENTION).await;
    server.kill();
    let texts: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    for text in &texts {
        publish(&here, RETENTION, event(text)).await;
    }
    server.restart().unwrap();
    let drained = here.node().outbox.drained();
    timeout(Duration::from_secs(10), drained).await.unwrap();
    // The log begins anew, which the other node is told.
    let mut expected = vec!["gap".to_owned()];
    expected.extend(texts);
    // Whoever comes first begins the log: who waits, or who looks, with a message that says nothing.
    let come = given.are(expected.len()).await;
    let blanks = come.iter().filter(|text| *text == "blank").count();
    let mut given = given.are(expected.len() + blanks).await;
    given.retain(|text| text != "blank");
    assert_eq!(given, expected);
    let statistics = server.ask(&["INFO", "commandstats"]).unwrap();
    let looked = statistics
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_xrevrange:calls="))
        .and_then(|figures| figures.split(',').next()?.parse::<u64>().ok());
    // For the newest entry, and for the one that may have been there.
    assert!(looked.is_none_or(|looked| looked < 10), "{looked:?}");
}

/// Neither the length of a search nor that of the log may decide.
#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_nobody_answered_comes_once_however_much_others_have_sent_since() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let keys = node.keys.channel("room");
    let retention = Retention::new(10, Duration::from_secs(60));
    let post = |node, number| {
        let mark = super::log::random_mark();
        super::log::Post::new(mark, vec![0; 100], 1, retention).numbered(node, number)
    };
    let append = async |post: &super::log::Post, again| {
        let appended = super::log::append(&node.commands, &keys, "SPUBLISH", post, again);
        appended.await.unwrap()
    };
    let (earlier, mine) = (post(1, 1), post(1, 2));
    append(&earlier, None).await;
    let at = append(&mine, None).await;
    for number in 1..=1_500 {
        append(&post(2, number), None).await;
    }
    let seq = server.ask(&["GET", &keys.seq]).unwrap();
    assert_eq!(append(&mine, Some(1)).await, at);
    // Nor does one that a connection has held up, behind the next one.
    append(&earlier, None).await;
    assert_eq!(server.ask(&["GET", &keys.seq]).unwrap(), seq);
    assert!(append(&post(1, 3), Some(1)).await.seq > at.seq);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_could_not_take_is_not_taken_for_what_is_there() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let keys = node.keys.channel("room");
    let append = async |number, again| {
        let mark = super::log::random_mark();
        let post = super::log::Post::new(mark, vec![0; 100], 1, RETENTION).numbered(1, number);
        super::log::append(&node.commands, &keys, "SPUBLISH", &post, again).await
    };
    publish(&backend, RETENTION, event("of another number")).await;
    // Nothing was appended by this node before, and then something was.
    for number in [1, 2] {
        server.ask(&["RENAME", &keys.log, "aside"]).unwrap();
        server.ask(&["SET", &keys.log, "no log"]).unwrap();
        let before = server.ask(&["GET", &keys.seq]).unwrap();
        append(number, None).await.unwrap_err();
        assert_eq!(server.ask(&["GET", &keys.seq]).unwrap(), before);
        server.ask(&["DEL", &keys.log]).unwrap();
        server.ask(&["RENAME", "aside", &keys.log]).unwrap();
        let at = append(number, Some(1)).await.unwrap();
        let log = server.ask(&["XREVRANGE", &keys.log, "+", "-"]).unwrap();
        assert!(
            log.starts_with(&format!("{}-{}", at.seq, at.nonce)),
            "{log}"
        );
    }
    // Nor where it is the note that could not be taken.
    let noted = keys.appended(1);
    server.ask(&["DEL", &noted]).unwrap();
    server.ask(&["LPUSH", &noted, "no note"]).unwrap();
    let before = server.ask(&["GET", &keys.seq]).unwrap();
    append(3, None).await.unwrap_err();
    assert_eq!(server.ask(&["GET", &keys.seq]).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_small_messages_keeps_little_more_than_asked() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let keys = node.keys.channel("room");
    let retention = Retention::new(10, Duration::from_secs(60));
    for number in 1..=500 {
        let mark = super::log::random_mark();
        let post = super::log::Post::new(mark, vec![0; 10], 1, retention).numbered(1, number);
        super::log::append(&node.commands, &keys, "SPUBLISH", &post, None)
            .await
            .unwrap();
        let length = server.ask(&["XLEN", &keys.log]).unwrap();
        let length: u64 = length.parse().unwrap();
        // A block of the log has a hundred, and is taken away as a whole, once in 64 messages.
        assert!(length <= 10 + 100 + 64, "{length}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_a_later_version_is_no_gap() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    publish(&here, RETENTION, event("one")).await;
    // Three messages of a version that nobody knows yet, written by the same script.
    let keys = here.node().keys.channel("room");
    let post = super::log::Post::new(7, vec![2, 0, 3, 0, 99, 99], 3, RETENTION);
    super::log::append(&here.node().commands, &keys, "SPUBLISH", &post, None)
        .await
        .unwrap();
    publish(&here, RETENTION, event("two")).await;
    assert_eq!(
        given.are(5).await,
        ["one", "blank", "blank", "blank", "two"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_attaches_again_after_giving_up_is_given_everything_once() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
    let sink = Arc::downgrade(&sink);
    let attached = node.attach("room", Retention::none(), sink.clone());
    assert!(attached.now_or_never().is_none(), "it waits for Redis");
    node.attach("room", Retention::none(), sink).await.unwrap();
    publish(&node, Retention::none(), event("one")).await;
    publish(&node, Retention::none(), event("two")).await;
    assert_eq!(given.are(2).await, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_may_be_kept_without_an_end() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let forever = Retention::new(usize::MAX, Duration::MAX);
    let given = follow(&there, forever).await;
    publish(&here, forever, event("kept")).await;
    assert_eq!(given.are(1).await, ["kept"]);
    let posted = here.node().outbox.has("room");
    assert!(!posted, "Redis has taken it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_kept_for_no_time_is_there_to_be_read() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    publish(&node, Retention::new(1, Duration::ZERO), event("kept")).await;
    let log = node.node().keys.channel("room").log;
    let left: i64 = server.ask(&["PTTL", &log]).unwrap().parse().unwrap();
    assert!(left > 1500, "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_comes_to_its_end_whatever_the_options_say() {
    let server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_lease(Duration::MAX);
    let node = RedisBackend::connect(options).await.unwrap();
    let (leases, name) = (node.node().keys.leases(), node.node().name().to_string());
    let ends: f64 = server
        .ask(&["ZSCORE", &leases, &name])
        .unwrap()
        .parse()
        .unwrap();
    let time = server.ask(&["TIME"]).unwrap();
    let now: f64 = time.lines().next().unwrap().parse().unwrap();
    assert!(ends / 1000.0 - now < 3601.0, "{ends}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_nothing_while_redis_is_away_sends_while_it_is_there() {
    let mut server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_outbox(0);
    let node = RedisBackend::connect(options).await.unwrap();
    assert!(node.has_room());
    server.kill();
    publish(&node, RETENTION, event("accepted")).await;
    assert!(!node.has_room());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_replicas_than_anybody_has_are_told_to_be_missing() {
    let server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_min_replicas(usize::MAX);
    let node = RedisBackend::connect(options).await.unwrap();
    let why = node.node().status.why().unwrap();
    assert!(why.contains("0 of "), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_does_not_expire_while_nothing_is_sent_and_somebody_follows_it() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let retention = Retention::new(100, Duration::from_secs(1));
    let _sink = follow(&node, retention).await;
    let keys = node.node().keys.channel("room");
    for key in [&keys.log, &keys.seq] {
        // What comes about by itself when nothing is sent for a while.
        server.ask(&["PEXPIRE", key, "5000"]).unwrap();
        until("it lives on", async || {
            let left = server.ask(&["PTTL", key]).unwrap();
            left.parse::<i64>().unwrap() > 5000
        })
        .await;
    }
}

/// Each frame takes an answer of Redis: of more than there are answers, the last would never be handed on.
#[tokio::test(flavor = "multi_thread")]
async fn messages_gather_while_others_wait_for_redis() {
    let mut server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let _own = follow(&node, RETENTION).await;
    server.kill();
    publish(&node, RETENTION, event("waits")).await;
    let few = vec![event("few")];
    let publishing = node.publish("room", RETENTION, few);
    assert!(publishing.now_or_never().is_none());
    // Enough for a frame.
    let many = (0..200).map(|_| event("many")).collect();
    let publishing = node.publish("room", RETENTION, many);
    assert_eq!(publishing.now_or_never(), Some(Ok(())));
    assert_eq!(node.backlog().messages, 202);
}
