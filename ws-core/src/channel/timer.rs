//! The task that reports users as left once their time of grace is over.

use std::sync::{Arc, Weak};

use tokio::time::sleep_until;

use super::absence::Alarm;
use super::core::Core;

/// Reports users who have not come back, until none is left who may. Does not keep the channel alive.
pub(super) fn run(core: &Arc<Core>, alarm: Alarm) -> impl Future<Output = ()> + Send + use<> {
    // Made here, because the task may be dropped before it is first polled.
    let mut timer = GraceTimer {
        core: Arc::downgrade(core),
        alarm,
    };
    async move {
        loop {
            sleep_until(timer.alarm.at).await;
            let Some(core) = timer.core.upgrade() else {
                return;
            };
            match core.hook.expire(timer.alarm) {
                Some(next) => timer.alarm = next,
                None => return,
            }
        }
    }
}

/// Lets another timer begin where the runtime of this one ends.
struct GraceTimer {
    core: Weak<Core>,
    alarm: Alarm,
}

impl Drop for GraceTimer {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.hook.forget(self.alarm);
        }
    }
}
