//! Pings all connections of a server, closes those that do not answer, and those with more waiting than their share: one task for
//! all of them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::registry::PARTS;
use super::shared::Shared;
use crate::client::Common;
use crate::contract::Contract;
use crate::tasks::{Signals, give_way};

/// Goes from part to part of the connections, and through all of them in the time between two pings, until the server is gone or
/// drains.
pub(super) async fn run<C: Contract, S>(
    server: Weak<Shared<C, S>>,
    common: Arc<Common>,
    signals: Signals,
) {
    let limits = &common.limits;
    let step = (limits.ping / PARTS).max(Duration::from_millis(1));
    // After how many steps an answer is due.
    let due = limits.pong.as_nanos().div_ceil(step.as_nanos()).max(1);
    let due = u32::try_from(due).unwrap_or(u32::MAX / 2);
    // Begins after a step, because the first client has only just come.
    let mut steps = interval_at(Instant::now() + step, step);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turn = 0_u32;
    loop {
        tokio::select! {
            _ = steps.tick() => {}
            () = common.waiting.excess() => {
                if let Some(server) = server.upgrade() {
                    close_excess(&server).await;
                }
                continue;
            }
            () = signals.drain.cancelled() => return,
        }
        let Some(server) = server.upgrade() else {
            return;
        };
        turn = turn.wrapping_add(1);
        for connection in server.registry.part(turn) {
            connection.ping(turn);
        }
        for connection in server.registry.part(turn.wrapping_sub(due)) {
            connection.close_if_silent(turn, due);
        }
    }
}

/// Closes connections that have more waiting than their share, as long as too much waits for all together.
async fn close_excess<C: Contract, S>(server: &Shared<C, S>) {
    for part in 0..PARTS {
        for connection in server.registry.part(part) {
            connection.outbox.close_if_over_share();
        }
        give_way().await;
    }
}
