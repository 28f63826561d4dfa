//! What operators watch: the library's metrics, as Prometheus reads them.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The bounds of the buckets in which handlers are counted, in seconds: most take microseconds, and none more than the
/// default limit.
const BUCKETS: [f64; 9] = [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 30.0];

/// What this process counts.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Records what the library counts from now on, once in a process.
    ///
    /// # Errors
    ///
    /// Where something is recording already.
    pub fn install() -> Result<Self, BuildError> {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)?
            .install_recorder()
            .map(Self)
    }

    /// Sorts what was recorded into its buckets, again and again: it would pile up while nobody looks at it.
    pub async fn keep_up(&self) {
        let mut turns = tokio::time::interval(Duration::from_secs(5));
        loop {
            turns.tick().await;
            self.0.run_upkeep();
        }
    }
}

/// Everything that was recorded. A real application keeps this from the public, for instance on a port of its own.
pub async fn show(State(Metrics(recorded)): State<Metrics>) -> Response {
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, recorded.render()).into_response()
}
