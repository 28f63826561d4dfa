//! The only place that spawns tasks: each has an owner, is told when to end, and is waited for.

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

/// What a task is told from outside.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    /// Comes to its end by itself: it starts nothing new.
    pub(crate) drain: CancellationToken,
    /// Ends now.
    pub(crate) end: CancellationToken,
}

/// Lets other tasks have their turn, where there is a runtime that may have others.
pub(crate) async fn give_way() {
    if Handle::try_current().is_ok() {
        tokio::task::yield_now().await;
    }
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

    /// The same for a task that has no end: it is dropped when the tasks are told to [`end_now`](Self::end_now). Where a runtime
    /// was adopted, it runs there: that of the caller may end before.
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
    /// future waits until it is done.
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

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.running.len()
    }

    /// Tells every task to come to its end, and waits for none.
    pub(crate) fn begin_draining(&self) {
        self.drain.cancel();
    }

    /// Whether the tasks were told to come to their end.
    pub(crate) fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Tells every task to come to its end. `true` when all have ended, `false` where some have not after this time.
    pub(crate) async fn drain(&self, deadline: Duration) -> bool {
        self.drain.cancel();
        self.running.close();
        timeout(deadline, self.running.wait()).await.is_ok()
    }

    /// Tells every task to end now, for which it may take its `last_steps`.
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
