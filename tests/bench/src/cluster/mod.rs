//! What connecting nodes by Redis costs, and what becomes of messages when Redis goes: this library beside bare `PUBLISH`,
//! and beside the adapters of Socket.IO. Knows nothing of what a connection costs, which is the rest of this package.

mod bare;
mod deaths;
mod hearing;
mod joins;
mod laps;
mod metrics;
mod node;
mod report;
mod restart;
mod run;
mod scale;

pub use metrics::{Goal, METRICS, Metric};
pub use report::{json, picture, table};
pub use restart::{Fault, Outcome, System};
pub use run::{BARE, Part, Plan, Results, run};
pub use scale::Scale;
