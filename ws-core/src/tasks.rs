//! The only place that spawns tasks: each has an owner, is told when to end, and is waited for.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::FutureExt;
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

/// What a task is told from outside.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    /// Comes to its end by itself: it starts nothing new.
    pub(crate) drain: CancellationToken,
    /// Ends now.
    pub(crate) end: CancellationToken,
}

impl Tasks {
    /// Starts a task, which heeds the signals.
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

    /// Remembers the runtime of the caller, for what is started from outside of any.
    pub(crate) fn adopt_runtime(&self) {
        if let Ok(runtime) = Handle::try_current() {
            self.runtime.get_or_init(|| runtime);
        }
    }

    /// Starts a task that comes to its end by itself, from anywhere: where no runtime is known, it runs here and now, as far
    /// as it can without waiting.
    pub(crate) fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        match Handle::try_current().ok().as_ref().or(self.runtime.get()) {
            Some(runtime) => drop(self.running.spawn_on(task, runtime)),
            None => drop(task.now_or_never()),
        }
    }

    /// The same for a task that has no end: it is dropped when the tasks are told to [`end`](Self::end).
    #[cfg(feature = "redis")]
    pub(crate) fn start_until_end(&self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        self.start(async move {
            end.run_until_cancelled(task).await.unwrap_or_default();
        });
    }

    /// Ends the tasks of [`start_until_end`](Self::start_until_end).
    #[cfg(feature = "redis")]
    pub(crate) fn end(&self) {
        self.end.cancel();
    }

    /// Whether the tasks were told to come to their end.
    pub(crate) fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Tells every task to come to its end, and after `deadline` to end now, for which it may take its `last_steps`. Returns
    /// when all have ended.
    pub(crate) async fn shut_down(&self, deadline: Duration, last_steps: Duration) {
        self.drain.cancel();
        self.running.close();
        if timeout(deadline, self.running.wait()).await.is_ok() {
            return;
        }
        self.end.cancel();
        if timeout(last_steps, self.running.wait()).await.is_err() {
            tracing::error!(
                tasks = self.running.len(),
                "tasks did not end, and are left behind"
            );
        }
    }
}
