//! Channels that a client joins by a request: it is put back into them before what it has queued is handled.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::{Peer, Served, serve};
use ws_core::{
    Channel, Client, Cluster, HandlerError, Handlers, Limits, Server, WsEvent, WsUpgrade,
};

/// Joins a board.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "board.open", reply = Boards, error = OpenError)]
struct Open {
    board: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
enum OpenError {
    NotAllowed,
}

/// The boards that the client has open.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Boards {
    open: Vec<String>,
}

/// Leaves a board.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "board.close", reply = Boards)]
struct Leave {
    board: String,
}

/// Adds a card to a board, which only members may.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "board.add-card")]
struct AddCard {
    board: String,
    text: String,
}

/// What the client claimed when it came.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.connected")]
struct Connected {
    claimed: Vec<String>,
    /// What is left of that once the hook has registered it again.
    left: Vec<String>,
    is_in: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "board.card")]
struct Card {
    text: String,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
enum FromClient {
    Open(Open),
    Leave(Leave),
    AddCard(AddCard),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server")]
enum FromServer {
    Connected(Connected),
    Card(Card),
}

ws_core::contract!(Kanban = "kanban" { client: FromClient, server: FromServer });

/// The session of every connection.
type Page = Client<Kanban, Cluster>;

const USER: &str = "ana";

/// The board into which the hook puts nobody.
const LATER: &str = "board/later";

/// The channel of a board, if the user may be in it.
fn board(page: &Page, name: &str) -> Option<Channel<Kanban>> {
    name.starts_with("board/")
        .then(|| page.session().channel(name))
}

async fn open(page: Page, open: Open) -> Result<Result<Boards, OpenError>, HandlerError> {
    let Some(board) = board(&page, &open.board) else {
        return Ok(Err(OpenError::NotAllowed));
    };
    board.register_client(USER, &page).await?;
    let open = page.channels();
    Ok(Ok(Boards { open }))
}

async fn leave(page: Page, leave: Leave) -> Result<Boards, HandlerError> {
    let board: Channel<Kanban> = page.session().channel(&leave.board);
    board.unregister_connection(&page).await?;
    let open = page.channels();
    Ok(Boards { open })
}

async fn add_card(page: Page, card: AddCard) -> Result<(), HandlerError> {
    let board: Channel<Kanban> = page.session().channel(&card.board);
    if !board.is_registered(&page) {
        return Err(HandlerError::new("the board is not open"));
    }
    Ok(board.broadcast(&Card { text: card.text })?)
}

async fn connected(page: Page) -> Result<(), HandlerError> {
    let claimed = page.channels_to_resume();
    for name in claimed.iter().filter(|name| *name != LATER) {
        if let Some(board) = board(&page, name) {
            board.register_client(USER, &page).await?;
        }
    }
    page.send(&Connected {
        claimed,
        left: page.channels_to_resume(),
        is_in: page.channels(),
    })?;
    Ok(())
}

struct Node {
    served: Served,
    cluster: Cluster,
}

impl Node {
    async fn start() -> Self {
        let cluster = Cluster::in_memory();
        let handlers = Handlers::new()
            .handle_message(open)
            .handle_message(leave)
            .handle_message(add_card)
            .on_connected(connected)
            .build();
        let server =
            Server::new(handlers).with_limits(Limits::default().with_channels_per_client(4));
        let app = Router::new().route("/ws", get(enter));
        let served = serve(app.with_state((server, cluster.clone()))).await;
        Self { served, cluster }
    }

    /// A client that says this `hello`, and these events at once behind it, as what waited in its queue.
    async fn greet(&self, hello: Value, queued: &[(&str, &str)]) -> Peer {
        let mut peer = Peer::session_with(self.served.address(), "/ws", hello).await;
        for (board, text) in queued {
            peer.emit("board.add-card", json!({ "board": board, "text": text }))
                .await;
        }
        peer
    }

    fn say(&self, board: &str, text: &str) {
        let board: Channel<Kanban> = self.cluster.channel(board);
        board.broadcast(&Card { text: text.into() }).unwrap();
    }
}

async fn enter(
    ws: WsUpgrade,
    State((server, cluster)): State<(Server<Kanban, Cluster>, Cluster)>,
) -> Response {
    ws.accept(&server, cluster)
}

/// Joins a board, and returns where its log stands.
async fn opens(peer: &mut Peer, id: u64, board: &str) -> Value {
    peer.request(id, "board.open", json!({ "board": board }))
        .await;
    let mut joined = peer.next().await;
    assert_eq!(joined["joined"]["channel"], board, "{joined}");
    assert_eq!(joined["joined"]["resumed"], false);
    peer.answer(id).await;
    joined["joined"]["pos"].take()
}

/// Reads a card of a board, and returns its position.
async fn hears(peer: &mut Peer, board: &str, text: &str) -> Value {
    let mut card = peer.next().await;
    assert_eq!(card["data"]["text"], text, "{card}");
    assert_eq!(card["channel"], board);
    card["pos"].take()
}

#[tokio::test]
async fn what_a_client_queued_while_it_was_away_is_handled_in_the_channel_that_it_joined_by_a_request()
 {
    let node = Node::start().await;
    let mut ana = node.greet(json!({}), &[]).await;
    let come = ana.next_event("app.connected").await;
    assert_eq!(come, json!({ "claimed": [], "left": [], "is_in": [] }));
    opens(&mut ana, 1, "board/a").await;
    ana.emit("board.add-card", json!({ "board": "board/a", "text": "1" }))
        .await;
    let position = hears(&mut ana, "board/a", "1").await;
    let connection = ana.connection().to_owned();
    drop(ana);
    node.say("board/a", "2, while she was away");

    let hello = json!({ "connection": connection, "resume": { "board/a": position } });
    let queued = [("board/a", "3, from her queue"), ("board/a", "4")];
    let mut ana = node.greet(hello, &queued).await;
    hears(&mut ana, "board/a", "2, while she was away").await;
    let joined = ana.next().await;
    assert_eq!(joined["joined"]["resumed"], true, "{joined}");
    let come = ana.next_event("app.connected").await;
    let back = json!({ "claimed": ["board/a"], "left": [], "is_in": ["board/a"] });
    assert_eq!(come, back);
    hears(&mut ana, "board/a", "3, from her queue").await;
    hears(&mut ana, "board/a", "4").await;
    assert!(ana.is_ready());
}

#[tokio::test]
async fn a_claim_that_the_application_does_not_grant_puts_nobody_into_the_channel() {
    let node = Node::start().await;
    let mut ana = node.greet(json!({}), &[]).await;
    ana.next_event("app.connected").await;
    let position = opens(&mut ana, 1, "board/a").await;
    let resume = json!({ "secret": position, "board/a": position });
    let mut ana = node
        .greet(json!({ "resume": resume }), &[("secret", "let me in")])
        .await;
    let joined = ana.next().await;
    assert_eq!(joined["joined"]["channel"], "board/a");
    let come = ana.next_event("app.connected").await;
    assert_eq!(come["claimed"], json!(["secret", "board/a"]));
    assert_eq!(come["left"], json!(["secret"]));
    assert_eq!(come["is_in"], json!(["board/a"]));
    node.say("secret", "not for her");
    node.say("board/a", "for her");
    hears(&mut ana, "board/a", "for her").await;
}

#[tokio::test]
async fn a_claim_that_the_hook_does_not_use_is_resumed_by_a_later_request() {
    let node = Node::start().await;
    let mut ana = node.greet(json!({}), &[]).await;
    ana.next_event("app.connected").await;
    let position = opens(&mut ana, 1, LATER).await;
    drop(ana);
    node.say(LATER, "missed");
    let mut ana = node
        .greet(json!({ "resume": { LATER: position } }), &[])
        .await;
    let come = ana.next_event("app.connected").await;
    assert_eq!(
        (&come["left"], &come["is_in"]),
        (&json!([LATER]), &json!([]))
    );
    ana.request(1, "board.open", json!({ "board": LATER }))
        .await;
    hears(&mut ana, LATER, "missed").await;
    assert_eq!(ana.next().await["joined"]["resumed"], true);
    assert_eq!(ana.answer(1).await["data"]["open"], json!([LATER]));
}

#[tokio::test]
async fn a_hello_with_thousands_of_made_up_channels_claims_four_for_each_that_a_client_may_be_in() {
    let node = Node::start().await;
    let mut ana = node.greet(json!({}), &[]).await;
    ana.next_event("app.connected").await;
    let position = opens(&mut ana, 1, "board/a").await;
    let names = (0..1_000).map(|number| format!("secret-{number:03}"));
    let unfit = ["".to_owned(), "x".repeat(257)];
    let claims = unfit.into_iter().chain(names);
    let claims: serde_json::Map<_, _> = claims.map(|name| (name, position.clone())).collect();
    let mut ana = node.greet(json!({ "resume": claims }), &[]).await;
    let come = ana.next_event("app.connected").await;
    let kept: Vec<_> = (0..16)
        .map(|number| format!("secret-{number:03}"))
        .collect();
    assert_eq!(come["claimed"], json!(kept));
    assert_eq!(come["is_in"], json!([]));
}

#[tokio::test]
async fn a_client_without_a_session_claims_nothing_and_is_asked_where_it_is() {
    let node = Node::start().await;
    let mut ana = Peer::bare(node.served.address(), "/ws").await;
    let come = ana.next_event("app.connected").await;
    assert_eq!(come["claimed"], json!([]));
    ana.request(1, "board.open", json!({ "board": "secret" }))
        .await;
    assert_eq!(ana.answer(1).await["error"]["code"], "not_allowed");
    for (id, board, open) in [
        (2, "board/b", json!(["board/b"])),
        (3, "board/a", json!(["board/b", "board/a"])),
    ] {
        ana.request(id, "board.open", json!({ "board": board }))
            .await;
        assert_eq!(ana.answer(id).await["data"]["open"], open);
    }
    ana.request(4, "board.close", json!({ "board": "board/b" }))
        .await;
    assert_eq!(ana.answer(4).await["data"]["open"], json!(["board/a"]));
}
