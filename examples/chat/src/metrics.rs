//! What operators watch: the library's metrics, in Prometheus's format.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The buckets for durations of handlers, in seconds: most take microseconds, and none takes longer than the default
/// limit.
const BUCKETS: [f64; 9] = [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 30.0];

/// What this process counts.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Records what the library counts from now on, once in a process.
    ///
    /// # Errors
    ///
    /// If a recorder is installed already.
    pub fn install() -> Result<Self, BuildError> {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)?
            .install_recorder()
            .map(Self)
    }

    /// Regularly sorts what was recorded into its buckets; otherwise it would pile up while nobody asks for it.
    pub async fn keep_up(&self) {
        let mut turns = tokio::time::interval(Duration::from_secs(5));
        loop {
            turns.tick().await;
            self.0.run_upkeep();
        }
    }
}

/// Everything that was recorded. A real application hides this from the public, for instance on a separate port.
pub async fn show(State(Metrics(recorded)): State<Metrics>) -> Response {
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, recorded.render()).into_response()
}
