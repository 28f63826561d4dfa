use rustix::io::Errno;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The two processors of a measurement: one for the server, one for the load.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    server: usize,
    load: usize,
}

/// Why there are no two processors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoresError {
    /// A server and its load on one processor would measure the scheduler.
    #[error("two processors are needed, one for the server and one for the load")]
    TooFew,
    /// The operating system does not allow it.
    #[error("processors cannot be chosen: {0}")]
    System(#[from] std::io::Error),
}

impl Cores {
    /// The first two processors that this process may run on.
    ///
    /// # Errors
    ///
    /// See [`CoresError`].
    pub fn choose() -> Result<Self, CoresError> {
        let allowed = sched_getaffinity(None).map_err(std::io::Error::from)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        match (cores.next(), cores.next()) {
            (Some(server), Some(load)) => Ok(Self { server, load }),
            _ => Err(CoresError::TooFew),
        }
    }

    /// Moves this thread to the processor of the load.
    ///
    /// # Errors
    ///
    /// Where the operating system does not allow it.
    pub fn take_load(self) -> Result<(), CoresError> {
        pin(self.load)
    }

    /// Calls `start`, which starts a process, on the processor of the server, which the process inherits.
    ///
    /// # Errors
    ///
    /// Where the operating system does not allow it.
    pub fn start_server<T>(self, start: impl FnOnce() -> T) -> Result<T, CoresError> {
        pin(self.server)?;
        let started = start();
        pin(self.load)?;
        Ok(started)
    }
}

fn pin(core: usize) -> Result<(), CoresError> {
    let mut cores = CpuSet::new();
    cores.set(core);
    let set = |errno: Errno| CoresError::System(errno.into());
    sched_setaffinity(None, &cores).map_err(set)
}
