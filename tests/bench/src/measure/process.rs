use std::fs;
use std::io;
use std::time::Duration;

/// A process, as `/proc` shows it.
#[derive(Debug, Clone, Copy)]
pub struct Process(u32);

impl Process {
    /// The process of this id.
    pub fn new(id: u32) -> Self {
        Self(id)
    }

    /// This process.
    pub fn this() -> Self {
        Self(std::process::id())
    }

    /// The time that its threads have spent on a processor. Exact for threads that sleep; the kernel counts a running one's
    /// with each tick.
    ///
    /// # Errors
    ///
    /// Where there is no such process.
    pub fn cpu(self) -> io::Result<Duration> {
        let mut sum = Duration::ZERO;
        for task in fs::read_dir(format!("/proc/{}/task", self.0))? {
            // A thread may end while the list is read.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
                continue;
            };
            let nanoseconds = text.split_whitespace().next().map(str::parse);
            sum += Duration::from_nanos(nanoseconds.and_then(Result::ok).ok_or_else(unreadable)?);
        }
        Ok(sum)
    }

    /// The bytes that it has in memory.
    ///
    /// # Errors
    ///
    /// Where there is no such process.
    pub fn resident(self) -> io::Result<u64> {
        // `VmRSS` of `status` is a sum of counters that lag behind.
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
        let kibibytes: Option<u64> = kibibytes.and_then(|text| text.trim().parse().ok());
        Ok(kibibytes.ok_or_else(unreadable)? * 1024)
    }
}

fn unreadable() -> io::Error {
    io::Error::other("what /proc says of a process has another form than expected")
}

#[cfg(test)]
mod tests {
    use super::Process;

    #[test]
    fn work_and_memory_of_this_process_grow() {
        let process = Process::this();
        let (cpu, resident) = (process.cpu().unwrap(), process.resident().unwrap());
        let block = vec![1_u8; 64 * 1024 * 1024];
        assert!(process.resident().unwrap() >= resident + 32 * 1024 * 1024);
        assert!(process.cpu().unwrap() > cpu);
        assert_eq!(std::hint::black_box(block).len(), 64 * 1024 * 1024);
    }
}
