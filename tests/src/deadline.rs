use std::time::Duration;

use tokio::time::timeout;

/// How long a test waits for what must happen. Far more than it takes, and little enough to wait for where it does not.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// Waits for something, and says what it was where it does not come within the [`DEADLINE`].
///
/// # Panics
///
/// Where it does not come.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {DEADLINE:?} for {what}"),
    }
}
