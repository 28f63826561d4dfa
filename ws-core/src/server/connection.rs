//! The life of one connection, from the first message to the last.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, interval_at, sleep, sleep_until, timeout};

use super::calls::{Ended, guard};
use super::dispatch::Dispatch;
use super::handle::Shared;
use super::limits::Limits;
use super::socket::{self, Reader, Received, Writer};
use crate::client::{Client, Connection, Outgoing};
use crate::contract::Contract;
use crate::error::{ClientErrorKind, HandlerError};
use crate::protocol::{self, Close, CloseCode, Hello, Incoming, Verdict, Welcome};
use crate::tasks::Signals;

/// Serves a connection until it ends. What it is made of runs on this one task: when it ends, its handlers are dropped.
pub(super) async fn serve<C, S, IO>(
    shared: Arc<Shared<C, S>>,
    stream: IO,
    session: S,
    speaks_session: bool,
    signals: Signals,
) where
    C: Contract,
    S: Send + Sync + 'static,
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let limits = &shared.limits;
    let (mut reader, mut writer) = socket::open(stream, limits).await;
    let hello = match greet(&mut reader, speaks_session, limits, &signals).await {
        Ok(hello) => hello,
        Err(close) => {
            tracing::debug!(%close, "a client did not begin as it should");
            return socket::finish(reader, writer, Some(&close), limits.close).await;
        }
    };
    let previous = hello.as_ref().and_then(|hello| hello.connection);
    let contract = hello.as_ref().and_then(|hello| hello.contract.clone());
    let connection = Arc::new(Connection::new(limits.outbox, limits.channels, hello));
    tracing::Span::current().record("id", tracing::field::display(connection.id));
    let entered = shared.enter(&connection);
    if let Some(previous) = previous {
        shared.replace(previous);
    }
    if connection.is_session() {
        let same = contract.is_some_and(|hash| hash == shared.contract_hash);
        drop(connection.outbox.push(protocol::welcome(&Welcome {
            connection: &connection.key.reveal(),
            contract: if same {
                Verdict::Same
            } else {
                Verdict::Unknown
            },
            ping: u64::try_from(limits.ping.as_millis()).unwrap_or(u64::MAX),
            max: limits.message,
        })));
    }

    let client = Client::new(Arc::clone(&connection), session);
    let end = {
        let writing = pin!(write(&mut writer, &connection, limits));
        let reading = pin!(read(&mut reader, &shared, &client, &signals));
        tokio::select! {
            end = writing => end,
            close = reading => End::Theirs(close),
        }
    };
    connection.outbox.end();
    let (close, farewell) = match &end {
        End::Ours(close) => (close, Some(close)),
        End::Theirs(close) => (close, None),
    };
    let left = async {
        connection.leave_all().await;
        let hook = async {
            let hooks = shared.handlers.hooks();
            hooks.disconnected(client.clone(), close.clone()).await;
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
            () = last_steps(&signals, limits) => {
                tracing::error!(client = %client.id(), "the hook `on_disconnected` outlived the server");
            }
        }
        drop(entered);
    };
    tokio::join!(left, socket::finish(reader, writer, farewell, limits.close));
}

/// How a connection ends.
enum End {
    /// The server closes it, and says so.
    Ours(Close),
    /// The client has closed it, or it is lost.
    Theirs(Close),
}

/// The time that is left for the hook of a disconnected client after the server has ended.
async fn last_steps(signals: &Signals, limits: &Limits) {
    signals.end.cancelled().await;
    sleep(limits.close).await;
}

/// Waits for the `hello` of a session client.
async fn greet<IO: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<IO>,
    speaks_session: bool,
    limits: &Limits,
    signals: &Signals,
) -> Result<Option<Hello>, Close> {
    if !speaks_session {
        return Ok(None);
    }
    let abuse = |reason: &'static str| Close::new(CloseCode::ABUSE, reason);
    let first = async {
        loop {
            match reader.next().await {
                Received::Control => {}
                Received::Text(text) => match Incoming::parse(&text) {
                    Ok(Incoming::Hello(hello)) => return Ok(Some(hello)),
                    Ok(_) => return Err(abuse("the first message is `hello`")),
                    Err(error) => {
                        return Err(Close::new(
                            CloseCode::ABUSE,
                            format!("the first message is `hello`: {error}"),
                        ));
                    }
                },
                Received::Broken(close) | Received::Closed(close) => return Err(close),
                Received::Lost => return Err(Close::new(CloseCode::PROTOCOL, "")),
            }
        }
    };
    tokio::select! {
        first = timeout(limits.handshake, first) => first.unwrap_or_else(|_| Err(abuse("no `hello` in time"))),
        () = signals.drain.cancelled() => Err(draining()),
    }
}

/// Writes what is sent, and the pings, until the connection is to be closed or is lost.
async fn write<IO: AsyncRead + AsyncWrite + Unpin>(
    writer: &mut Writer<IO>,
    connection: &Connection,
    limits: &Limits,
) -> End {
    // The first ping comes at a random time, so that those of many clients that came together do not.
    let first = limits.ping.mul_f64(rand::random());
    let mut pings = interval_at(
        Instant::now() + first,
        limits.ping.max(Duration::from_millis(1)),
    );
    loop {
        let written = async {
            tokio::select! {
                outgoing = connection.outbox.next() => match outgoing {
                    Outgoing::Messages(messages) => timeout(limits.write, writer.send(messages)).await,
                    Outgoing::Close(close) => return Some(End::Ours(close)),
                },
                _ = pings.tick() => match connection.is_session() {
                    // Behind what is queued; where that is too much already, the connection is being closed.
                    true => {
                        drop(connection.outbox.push(protocol::ping()));
                        return None;
                    }
                    false => timeout(limits.write, writer.ping()).await,
                },
            }
            .map_or_else(
                |_| Some(End::Ours(Close::new(CloseCode::SLOW, "the client does not read"))),
                |sent| sent.err().map(|_| End::Theirs(lost())),
            )
        };
        let end = tokio::select! {
            end = written => end,
            // What is being written is given up: the client takes none of it.
            close = connection.outbox.overflow() => Some(End::Ours(close)),
        };
        if let Some(end) = end {
            return end;
        }
    }
}

/// Reads messages and runs their handlers, until the connection is closed by the client or lost.
async fn read<C, S, IO>(
    reader: &mut Reader<IO>,
    shared: &Arc<Shared<C, S>>,
    client: &Client<C, S>,
    signals: &Signals,
) -> Close
where
    C: Contract,
    S: Send + Sync + 'static,
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let limits = &shared.limits;
    let connection = client.connection();
    let mut dispatch = Dispatch::new(Arc::clone(shared), client.clone());

    // Called where its panic is caught, even one before the first await.
    let hook = async { shared.handlers.hooks().connected(client.clone()).await };
    // The first message waits until the hook has returned; a client that goes ends it.
    let mut first = None;
    let connected = {
        let mut hook = pin!(guard(hook, limits.handler));
        loop {
            tokio::select! {
                connected = &mut hook => break connected,
                received = reader.next(), if first.is_none() => match received {
                    Received::Control => {}
                    Received::Closed(close) => return close,
                    Received::Lost => return lost(),
                    Received::Text(_) | Received::Broken(_) => first = Some(received),
                },
                () = signals.end.cancelled() => break Ended::Cancelled,
            }
        }
    };
    if let Some(close) = not_connected(&dispatch, connected) {
        connection.close(close);
        return pending().await;
    }
    let silence = limits.ping + limits.pong;
    let mut silent = pin!(sleep_until(Instant::now() + silence));
    loop {
        let draining = signals.drain.is_cancelled();
        if draining && dispatch.calls.is_idle() {
            connection.close_spread(self::draining(), limits.spread);
            return pending().await;
        }
        tokio::select! {
            (call, ended) = dispatch.calls.next() => dispatch.ended(call, ended),
            received = next(&mut first, reader), if !draining => {
                silent.as_mut().reset(Instant::now() + silence);
                match received {
                    Received::Text(text) if connection.outbox.is_open() => dispatch.message(&text),
                    Received::Text(_) | Received::Control => {}
                    Received::Closed(close) => {
                        // Nothing more is sent, but what came before the close is still handled.
                        connection.outbox.end();
                        drop(timeout(limits.close, dispatch.finish_events()).await);
                        return close;
                    }
                    Received::Lost => return lost(),
                    Received::Broken(close) => {
                        dispatch.report_close(&close);
                        connection.outbox.close(None, close);
                        return pending().await;
                    }
                }
            }
            () = &mut silent, if !draining => {
                connection.close(Close::new(CloseCode::SILENT, "no sign of life"));
                return pending().await;
            }
            () = signals.drain.cancelled(), if !draining => {}
            () = signals.end.cancelled() => {
                // The time is over: what still runs is dropped here.
                drop(dispatch);
                connection.close_spread(self::draining(), limits.spread);
                return pending().await;
            }
        }
    }
}

/// What was received before, or what is received next. Cancel safe: what was received before is taken at once.
async fn next<IO>(first: &mut Option<Received>, reader: &mut Reader<IO>) -> Received
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    match first.take() {
        Some(first) => first,
        None => reader.next().await,
    }
}

/// Reports why the hook of a new connection failed, and says how the connection is closed then.
fn not_connected<C: Contract, S: Send + Sync + 'static>(
    dispatch: &Dispatch<C, S>,
    connected: Ended<Result<(), HandlerError>>,
) -> Option<Close> {
    let kind = match connected {
        Ended::Returned(Ok(())) => return None,
        Ended::Cancelled => return Some(draining()),
        Ended::Returned(Err(error)) => ClientErrorKind::Failed(error),
        Ended::Panicked(message) => ClientErrorKind::Panicked(message),
        Ended::TimedOut => ClientErrorKind::TimedOut,
    };
    dispatch.report(kind, None, "");
    Some(Close::new(
        CloseCode::INTERNAL,
        "the server could not take the connection",
    ))
}

fn lost() -> Close {
    Close::new(CloseCode::ABNORMAL, "the connection was lost")
}

fn draining() -> Close {
    Close::new(CloseCode::DRAIN, "the server is shutting down")
}
