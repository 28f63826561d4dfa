//! A server that runs, until it is dropped.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::measure::Process;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that listens where `--listen` says, and prints where that is.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, &'static str)>,
}

/// A server that was started, and is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Held, so that whatever else the server prints is not its end.
    _stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Program {
    /// The program in this file.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// With these arguments after the others.
    #[must_use]
    pub fn with_arguments(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.arguments.extend(more.into_iter().map(OsString::from));
        self
    }

    pub(super) fn with_environment(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Starts it on a free port of the loopback.
    ///
    /// # Errors
    ///
    /// Where it does not listen within 20 seconds.
    pub fn start(&self) -> io::Result<Running> {
        let mut child = Command::new(&self.path)
            .args(&self.arguments)
            .args(["--listen", "127.0.0.1:0"])
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        match listening(&mut child) {
            Ok((stdout, address)) => Ok(Running {
                child,
                _stdout: stdout,
                address,
            }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process::new(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Waits for the line that says where a server listens.
fn listening(child: &mut Child) -> io::Result<(BufReader<ChildStdout>, SocketAddr)> {
    let pipe = child.stdout.take();
    let mut stdout = BufReader::new(pipe.ok_or_else(|| io::Error::other("no output"))?);
    let timeout = Timespec::try_from(PATIENCE).ok();
    let readable = &mut [PollFd::new(stdout.get_ref(), PollFlags::IN)];
    if poll(readable, timeout.as_ref())? == 0 {
        return Err(io::Error::other("the server does not say where it listens"));
    }
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on ").map(str::parse);
    match address {
        Some(Ok(address)) => Ok((stdout, address)),
        _ => Err(io::Error::other(format!(
            "the server said `{}`, not where it listens",
            line.trim()
        ))),
    }
}

fn end(child: &mut Child) {
    // What fails here is that it has ended already.
    drop(child.kill());
    drop(child.wait());
}
