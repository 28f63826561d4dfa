//! The life of one connection, from the upgrade to the last byte.

use std::future::poll_fn;
use std::mem;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::{sleep, timeout};

use super::admission::Permit;
use super::calls::{Ended, guard, panic_message};
use super::dispatch::Dispatch;
use super::farewell;
use super::live::{End, Live};
use super::shared::Shared;
use crate::client::{Client, Connection, Remains};
use crate::contract::Contract;
use crate::protocol::{self, Close, CloseCode, Encoded, Hello, Incoming, Verdict, Welcome};
use crate::tasks::Signals;
use crate::websocket::{Input, Received, Stream};

/// Serves a connection until it ends. Everything of it runs on this one task: when that ends, its handlers are dropped.
///
/// The beginning, the work and the end are boxed, each as long as it lasts, so that the task itself stays small.
pub(super) fn serve<C, S>(
    shared: Arc<Shared<C, S>>,
    permit: Permit,
    upgraded: impl Future<Output = Option<Stream>> + Send + 'static,
    session: S,
    speaks_session: bool,
    signals: Signals,
) -> impl Future<Output = ()> + Send
where
    C: Contract,
    S: Send + Sync + 'static,
{
    let beginning = Box::pin(async move {
        // A peer that goes away in the middle of its upgrade was never a client.
        let stream = timeout(shared.limits().handshake, upgraded).await.ok()??;
        begin(shared, permit, stream, session, speaks_session, signals).await
    });
    async move {
        if let Some(mut live) = beginning.await {
            let end = poll_fn(|cx| poll(&mut live, cx)).await;
            Box::pin(finish(live, end)).await;
        }
    }
}

/// As [`Live::poll`]. If what a handler leaves behind panics when it is dropped, the client and the application are still told
/// of the end.
fn poll<C, S>(live: &mut Live<C, S>, cx: &mut Context<'_>) -> Poll<End>
where
    C: Contract,
    S: Send + Sync + 'static,
{
    catch_unwind(AssertUnwindSafe(|| live.poll(cx))).unwrap_or_else(|panic| {
        let message = panic_message(panic.as_ref());
        // It may be a value that panics when it is dropped, too.
        mem::forget(panic);
        tracing::error!(message, "what a handler left behind panicked");
        let close = Close::new(CloseCode::INTERNAL, "the server failed");
        Poll::Ready(End::Ours(close))
    })
}

/// Greets a peer, and sets up the connection of a client.
async fn begin<C, S>(
    shared: Arc<Shared<C, S>>,
    mut permit: Permit,
    stream: Stream,
    session: S,
    speaks_session: bool,
    signals: Signals,
) -> Option<Box<Live<C, S>>>
where
    C: Contract,
    S: Send + Sync + 'static,
{
    let limits = shared.limits();
    let address: Option<IpAddr> = stream.address();
    let (mut input, output) = stream.open();
    let welcome = match shared.admit_socket(&mut permit, address) {
        Ok(()) => greet(&mut input, speaks_session, &shared, &signals).await,
        Err(refused) => Err(End::Ours(Close::new(
            CloseCode::TRY_AGAIN_LATER,
            refused.to_string(),
        ))),
    };
    let (hello, pong) = match welcome {
        Ok(greeting) => greeting,
        Err(end) => {
            let (close, frame) = end.last_words();
            tracing::debug!(%close, "a client did not open its session properly");
            if let Some(frame) = frame {
                let remains = Remains::of(&shared.common, Some(output));
                farewell::say(input, remains, frame.frame(), limits.close).await;
            }
            return None;
        }
    };
    let contract = hello.as_ref().and_then(|hello| hello.contract.as_deref());
    let verdict = match contract {
        Some(hash) if hash == shared.contract_hash => Verdict::Same,
        _ => Verdict::Unknown,
    };
    let is_of_another_version = contract.is_some() && verdict == Verdict::Unknown;
    if is_of_another_version {
        shared.log_other_contract();
    }
    let connection = Connection::new(Arc::clone(&shared.common), Some(output), hello);
    let connection = Arc::new(connection);
    tracing::Span::current().record("id", tracing::field::display(connection.id));
    // Queued before the connection can be found, so that it is the first message.
    if connection.is_session() {
        drop(connection.outbox.push(protocol::welcome(&Welcome {
            connection: &connection.key.reveal(),
            contract: verdict,
            ping: u64::try_from(limits.ping.as_millis()).unwrap_or(u64::MAX),
            max: limits.message,
        })));
    }
    connection.send_all(pong.map(Encoded::raw));
    let entered = Entered::new(&shared, &connection, signals);
    if let Some(previous) = connection.previous {
        shared.close_replaced(previous);
    }
    let client = Client::new(connection, session);
    let dispatch = Dispatch::new(Arc::clone(&shared), client.clone(), is_of_another_version);
    let deadline = limits.handler;
    let hook = Box::pin(async move {
        // Called inside, so that even a panic before its first await is caught.
        let hook = async { shared.handlers.hooks().connected(client).await };
        guard(hook, deadline).await
    });
    Some(Box::new(Live::new(input, dispatch, hook, entered, permit)))
}

/// Waits for the `hello` of a session client. Returns it with the answer to the last ping before it; RFC 6455, section 5.5.3,
/// asks for no more.
async fn greet<C: Contract, S>(
    input: &mut Input,
    speaks_session: bool,
    shared: &Shared<C, S>,
    signals: &Signals,
) -> Result<(Option<Hello>, Option<Bytes>), End> {
    if !speaks_session {
        return Ok((None, None));
    }
    let ours = |code, reason: &'static str| End::Ours(Close::new(code, reason));
    let limits = shared.limits();
    let first = async {
        let mut pong = None;
        loop {
            match input.next(limits.bounds()).await {
                Received::Control(answer) => pong = answer.or(pong),
                Received::Text(text) => match Incoming::parse(&text) {
                    Ok(Incoming::Hello(hello)) => return Ok((Some(hello), pong)),
                    Ok(_) => return Err(ours(CloseCode::ABUSE, "the first message is `hello`")),
                    Err(error) => {
                        let reason = format!("the first message must be `hello`: {error}");
                        return Err(End::Ours(Close::new(CloseCode::ABUSE, reason)));
                    }
                },
                Received::Broken(close) => return Err(End::Ours(close)),
                Received::Closed(close, answer) => return Err(End::Theirs(close, answer)),
                Received::Lost => return Err(End::Lost),
            }
        }
    };
    tokio::select! {
        first = timeout(limits.handshake, first) => {
            first.unwrap_or_else(|_| Err(ours(CloseCode::ABUSE, "no `hello` in time")))
        }
        () = signals.drain.cancelled() => {
            Err(ours(CloseCode::DRAIN, "the server is shutting down"))
        }
    }
}

/// Ends a connection: tells the peer, where it is still there, and the application.
async fn finish<C, S>(live: Box<Live<C, S>>, end: End)
where
    C: Contract,
    S: Send + Sync + 'static,
{
    let Live {
        input,
        mut dispatch,
        entered,
        permit,
        ..
    } = *live;
    let client = dispatch.client.clone();
    let shared = Arc::clone(&dispatch.shared);
    let (connection, limits) = (client.connection(), shared.limits());
    let remains = connection.outbox.end();
    let is_theirs = matches!(end, End::Theirs(..));
    let (close, frame) = end.last_words();
    shared.common.metrics.closed(close.code());
    tracing::debug!(%close, "the connection has ended");
    let left = async {
        if is_theirs {
            // What came before the close is still handled.
            drop(timeout(limits.close, dispatch.finish_events()).await);
        }
        drop(dispatch);
        connection.leave_all().await;
        disconnected(&shared, &client, close, &entered.signals).await;
        drop(entered);
    };
    let said = async {
        if let Some(frame) = &frame {
            farewell::say(input, remains, frame.frame(), limits.close).await;
        }
    };
    tokio::join!(left, said);
    // A socket counts until it is closed, whatever the client was told.
    drop(permit);
}

impl End {
    /// What the application is told, and the last frame, where there is a peer to read it.
    fn last_words(self) -> (Close, Option<Encoded>) {
        match self {
            Self::Ours(close) => {
                let frame = Encoded::close_frame(&close);
                (close, Some(frame))
            }
            Self::Theirs(close, answer) => (close, Some(Encoded::raw(answer))),
            Self::Lost => (
                Close::new(CloseCode::ABNORMAL, "the connection was lost"),
                None,
            ),
        }
    }
}

/// Tells the application. After the end of the server, this may still take some time.
async fn disconnected<C, S>(
    shared: &Shared<C, S>,
    client: &Client<C, S>,
    close: Close,
    signals: &Signals,
) where
    C: Contract,
    S: Send + Sync + 'static,
{
    let limits = shared.limits();
    // Called inside, so that even a panic before its first await is caught.
    let hook = async {
        shared
            .handlers
            .hooks()
            .disconnected(client.clone(), close)
            .await
    };
    let last_steps = async {
        signals.end.cancelled().await;
        sleep(limits.close).await;
    };
    tokio::select! {
        ended = guard(hook, limits.handler) => match ended {
            Ended::Panicked(message) => {
                tracing::error!(client = %client.id(), message, "the hook `on_disconnected` panicked");
            }
            Ended::TimedOut => {
                tracing::error!(client = %client.id(), "the hook `on_disconnected` did not finish in time");
            }
            Ended::Returned(()) | Ended::Cancelled => {}
        },
        () = last_steps => {
            tracing::error!(client = %client.id(), "the hook `on_disconnected` outlived the server");
        }
    }
}

/// The membership of a connection in its server. However its task ends, the connection leaves its channels, and its socket is
/// closed.
pub(super) struct Entered<C: Contract, S> {
    shared: Arc<Shared<C, S>>,
    connection: Arc<Connection>,
    signals: Signals,
}

impl<C: Contract, S> Entered<C, S> {
    fn new(shared: &Arc<Shared<C, S>>, connection: &Arc<Connection>, signals: Signals) -> Self {
        shared.common.metrics.connected();
        shared.registry.add(Arc::clone(connection));
        Self {
            shared: Arc::clone(shared),
            connection: Arc::clone(connection),
            signals,
        }
    }
}

impl<C: Contract, S> Drop for Entered<C, S> {
    fn drop(&mut self) {
        self.shared.registry.remove(self.connection.id);
        self.shared.common.metrics.disconnected();
        drop(self.connection.outbox.end());
        // Does nothing where the connection has come to its proper end.
        let _: Option<()> = self.connection.leave_all().now_or_never();
    }
}
