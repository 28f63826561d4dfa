//! What is counted and timed, for the `metrics` facade: every name stands here, and in the README of metrics,
//! [`docs/metrics.md`](https://docs.rs/ws-core).
//!
//! Without the feature `metrics` there is nothing: the same interface, with nothing behind it.

#[cfg(feature = "metrics")]
mod recorded;
#[cfg(not(feature = "metrics"))]
mod silent;

#[cfg(feature = "metrics")]
use recorded as implementation;
#[cfg(not(feature = "metrics"))]
use silent as implementation;

pub(crate) use implementation::{ChannelMetrics, EventMetrics, ServerMetrics, Timer};
