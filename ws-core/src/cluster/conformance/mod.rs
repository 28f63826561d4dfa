//! What every backend promises, as tests: one suite, run for each of them.
//!
//! A case is given two nodes of one cluster, of which nobody else knows.

mod kept;
mod messages;
mod presence;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::kept::text;
use self::kept::{Kept, attach, broken, is_deserted, join, publish, recover};
use super::{Backend, Cluster, MemoryHub, Retention};

/// How long a case waits for anything.
const DEADLINE: Duration = Duration::from_secs(10);

const RETENTION: Retention = Retention::new(100, Duration::from_secs(60));

/// The suite, for a backend whose pairs of nodes `$nodes` makes.
macro_rules! conformance {
    ($backend:ident, $nodes:expr; $($module:ident: $($case:ident)+;)+) => {
        mod $backend {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$module::$case($nodes.await).await;
                }
            )+)+
        }
    };
}

/// The cases, for every backend.
macro_rules! backends {
    ($($cases:tt)+) => {
        conformance! { memory, super::Nodes::in_memory(); $($cases)+ }
        #[cfg(feature = "redis")]
        conformance! { redis, super::Nodes::over_redis(); $($cases)+ }
    };
}

backends! {
    messages:
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
        messages_past_the_log_take_no_place_in_it
        messages_are_given_as_they_were_sent
        the_end_of_a_user_has_its_place_in_the_order
        the_end_of_a_user_reaches_every_node_once_without_history
        channels_have_nothing_to_do_with_each_other
        a_sink_that_is_gone_is_given_nothing
        a_sink_may_go_while_it_is_given_something
        a_cluster_that_is_closed_says_so;
    presence:
        users_come_with_their_first_connection_and_leave_with_their_last
        to_join_twice_or_leave_twice_changes_nothing
        changes_and_frames_come_in_the_order_in_which_they_were_told
        who_was_there_before_is_known_and_not_announced
        every_node_is_told_which_connection_was_replaced_behind_the_join
        a_node_that_closes_takes_its_members_along;
}

struct Nodes {
    first: Arc<dyn Backend>,
    second: Arc<dyn Backend>,
    /// What the nodes stand on, for as long as the case lasts.
    _ground: Box<dyn Any + Send>,
}

impl Nodes {
    async fn in_memory() -> Self {
        let hub = MemoryHub::new();
        Self::of([&hub.node(), &hub.node()], hub)
    }

    #[cfg(feature = "redis")]
    async fn over_redis() -> Self {
        let server = redis_server::RedisServer::start().unwrap();
        let nodes = [
            Cluster::redis(server.url()).await.unwrap(),
            Cluster::redis(server.url()).await.unwrap(),
        ];
        Self::of([&nodes[0], &nodes[1]], server)
    }

    fn of([first, second]: [&Cluster; 2], ground: impl Any + Send) -> Self {
        Self {
            first: Arc::clone(first.backend()),
            second: Arc::clone(second.backend()),
            _ground: Box::new(ground),
        }
    }
}
