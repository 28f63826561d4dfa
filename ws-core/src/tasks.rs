//! The only module that spawns tasks. Each task has an owner, which tells it to end and waits for it. Knows nothing of what they
//! do.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::OptionFuture;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// The tasks of one owner.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: TaskTracker,
    drain: CancellationToken,
    end: CancellationToken,
    runtime: OnceLock<Handle>,
}

/// What a task is told by its owner.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    /// Start nothing new, and come to an end.
    pub(crate) drain: CancellationToken,
    /// End now.
    pub(crate) end: CancellationToken,
}

/// Lets other tasks run, where there is a runtime.
pub(crate) async fn give_way() {
    if Handle::try_current().is_ok() {
        tokio::task::yield_now().await;
    }
}

impl Tasks {
    /// Starts a task that heeds the signals.
    pub(crate) fn spawn<F>(&self, span: tracing::Span, task: impl FnOnce(Signals) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let signals = Signals {
            drain: self.drain.clone(),
            end: self.end.clone(),
        };
        self.running.spawn(task(signals).instrument(span));
    }

    /// Remembers the runtime of the caller, for tasks that are started from outside of one.
    pub(crate) fn adopt_runtime(&self) {
        if let Ok(runtime) = Handle::try_current() {
            self.runtime.get_or_init(|| runtime);
        }
    }

    /// Starts a task that ends by itself, from anywhere. Where no runtime is known, it runs here and now, as far as it can without
    /// waiting.
    pub(crate) fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        match Handle::try_current().ok().as_ref().or(self.runtime.get()) {
            Some(runtime) => drop(self.running.spawn_on(task, runtime)),
            None => drop(task.now_or_never()),
        }
    }

    /// Starts a task that does not end by itself: [`end_now`](Self::end_now) drops it. Runs on the adopted runtime where there is
    /// one, because that of the caller may end earlier.
    #[cfg(feature = "redis")]
    pub(crate) fn start_until_end(&self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        let task = async move {
            end.run_until_cancelled(task).await.unwrap_or_default();
        };
        match self.runtime.get() {
            Some(runtime) => drop(self.running.spawn_on(task, runtime)),
            None => self.start(task),
        }
    }

    /// Ends the tasks of [`start_until_end`](Self::start_until_end).
    #[cfg(feature = "redis")]
    pub(crate) fn end_now(&self) {
        self.end.cancel();
    }

    /// Does something on a task of its own, so that an idle worker may take it; here and now where there is no runtime. The
    /// returned future waits until it is done.
    pub(crate) fn share<F: FnOnce() + Send + 'static>(
        &self,
        work: F,
    ) -> impl Future<Output = ()> + use<F> {
        let task = match Handle::try_current() {
            Ok(runtime) => Some(self.running.spawn_on(async move { work() }, &runtime)),
            Err(_) => {
                work();
                None
            }
        };
        // A panic was reported by the task itself.
        async move { drop(OptionFuture::from(task).await) }
    }

    /// How many tasks there are.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.running.len()
    }

    /// Tells every task to come to an end, and does not wait.
    pub(crate) fn begin_draining(&self) {
        self.drain.cancel();
    }

    /// Whether the tasks were told to come to an end.
    pub(crate) fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Tells every task to come to an end, and waits until the deadline. Whether all have ended.
    pub(crate) async fn drain(&self, deadline: Duration) -> bool {
        self.drain.cancel();
        self.running.close();
        timeout(deadline, self.running.wait()).await.is_ok()
    }

    /// Tells every task to end now, and waits this long for their last steps.
    pub(crate) async fn end(&self, last_steps: Duration) {
        self.end.cancel();
        if timeout(last_steps, self.running.wait()).await.is_err() {
            tracing::error!(
                tasks = self.running.len(),
                "tasks did not end, and were left behind"
            );
        }
    }
}
