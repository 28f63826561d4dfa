use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{port, talk};

/// How long a server may take to begin.
const BEGIN: Duration = Duration::from_secs(10);

/// A server that runs on a free port of the loopback until this is dropped.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
    /// Whether a terminal ends it together with this program.
    is_apart: bool,
    /// `None` while it is down.
    process: Option<Child>,
}

/// A server that did not begin.
#[derive(Debug)]
pub struct StartError(String);

impl StartError {
    pub(crate) fn of(reason: String) -> Self {
        Self(reason)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// The program that is started: what `REDIS_SERVER` names, or `redis-server`.
pub fn program() -> OsString {
    std::env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
}

impl RedisServer {
    /// A server that keeps nothing on disk.
    ///
    /// # Errors
    ///
    /// Where there is no `redis-server`, or it does not begin.
    pub fn start() -> Result<Self, StartError> {
        Self::with(&[])
    }

    /// A server with these arguments besides, for instance `--appendonly yes`. `{folder}` stands for its own folder.
    ///
    /// # Errors
    ///
    /// Where there is no `redis-server`, or it does not begin.
    pub fn with(arguments: &[&str]) -> Result<Self, StartError> {
        Self::new(arguments, false)
    }

    /// As [`with`](Self::with), in a process group of its own: the Ctrl-C of a terminal reaches this program only, which can
    /// then use the server to the end. A program that ends without dropping this leaves it running.
    ///
    /// # Errors
    ///
    /// Where there is no `redis-server`, or it does not begin.
    pub fn apart(arguments: &[&str]) -> Result<Self, StartError> {
        Self::new(arguments, true)
    }

    /// Starts a replica of this server, and waits until it follows.
    ///
    /// # Errors
    ///
    /// Where it does not begin, or does not follow.
    pub fn replica(&self) -> Result<Self, StartError> {
        // It would wait for others that might come, too.
        let delay = ["CONFIG", "SET", "repl-diskless-sync-delay", "0"];
        self.ask(&delay).map_err(StartError::from)?;
        let port = self.port.to_string();
        let replica = Self::with(&["--replicaof", "127.0.0.1", &port])?;
        let begun = Instant::now();
        while !replica
            .ask(&["INFO", "replication"])
            .is_ok_and(|info| info.contains("master_link_status:up"))
        {
            if begun.elapsed() > BEGIN {
                return Err(StartError("the replica does not follow".to_owned()));
            }
            sleep(Duration::from_millis(5));
        }
        Ok(replica)
    }

    fn new(arguments: &[&str], is_apart: bool) -> Result<Self, StartError> {
        let folder = TempDir::new().map_err(|error| StartError(error.to_string()))?;
        let port = port::free_port().map_err(|error| StartError(error.to_string()))?;
        let path = folder.path().display().to_string();
        let mut server = Self {
            port,
            arguments: arguments
                .iter()
                .map(|argument| argument.replace("{folder}", &path))
                .collect(),
            folder,
            is_apart,
            process: None,
        };
        server.restart()?;
        Ok(server)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL, without credentials.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The folder that is its own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process, where it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Begins again, on the same port and with what is on its disk.
    ///
    /// # Errors
    ///
    /// Where there is no `redis-server`, or it does not begin.
    pub fn restart(&mut self) -> Result<(), StartError> {
        self.kill();
        let program = program();
        let mut command = Command::new(&program);
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--dir"])
            .arg(self.folder.path())
            .args(["--logfile", "log"])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        #[cfg(unix)]
        if self.is_apart {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let process = command.spawn().map_err(|error| {
            StartError(format!(
                "`{}` cannot be started ({error}): install Redis 7 or newer \
                 (on Debian: apt-get install redis-server)",
                program.display()
            ))
        })?;
        self.process = Some(process);
        self.wait()
    }

    fn wait(&mut self) -> Result<(), StartError> {
        let begun = Instant::now();
        loop {
            // With a password, it answers that it will not: it is there.
            match talk::ask(self.port, &["PING"]) {
                Ok(answer) if answer == "PONG" => return Ok(()),
                Err(error) if error.to_string().starts_with("NOAUTH") => return Ok(()),
                _ => {}
            }
            let has_ended = self
                .process
                .as_mut()
                .is_none_or(|process| !matches!(process.try_wait(), Ok(None)));
            if has_ended || begun.elapsed() > BEGIN {
                let log = std::fs::read_to_string(self.folder.path().join("log"));
                self.kill();
                return Err(StartError(format!(
                    "redis-server did not begin:\n{}",
                    log.unwrap_or_default()
                )));
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself.
            drop(process.kill());
            drop(process.wait());
        }
    }

    /// Sends it a signal by its name, for instance `STOP` or `CONT`.
    ///
    /// # Errors
    ///
    /// Where that is not possible.
    pub fn signal(&self, signal: &str) -> io::Result<()> {
        let id = self.id().map(|id| id.to_string()).unwrap_or_default();
        let told = Command::new("kill")
            .args(["-s", signal, &id])
            .stderr(Stdio::null())
            .status()?;
        if told.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("no signal {signal} for `{id}`")))
        }
    }

    /// Sends it one command, and returns the answer as text: the elements of an array one a line.
    ///
    /// # Errors
    ///
    /// Where it does not answer, or with an error.
    pub fn ask(&self, command: &[&str]) -> io::Result<String> {
        talk::ask(self.port, command)
    }

    /// How often it was called by this command, in lower case.
    ///
    /// # Errors
    ///
    /// Where it does not answer.
    pub fn calls(&self, command: &str) -> io::Result<u64> {
        let stats = self.ask(&["INFO", "commandstats"])?;
        let start = format!("cmdstat_{command}:calls=");
        let calls = stats.lines().find_map(|line| {
            let count = line.strip_prefix(&start)?.split(',').next()?;
            count.parse().ok()
        });
        Ok(calls.unwrap_or(0))
    }

    /// How long its main thread has computed.
    ///
    /// # Errors
    ///
    /// Where the system does not tell.
    pub fn computed(&self) -> io::Result<Duration> {
        let path = format!("/proc/{}/schedstat", self.id().unwrap_or_default());
        let text = std::fs::read_to_string(path)?;
        let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
        Ok(Duration::from_nanos(nanoseconds.unwrap_or_default()))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
