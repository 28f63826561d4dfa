use std::io;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::{RedisServer, StartError, program};
use crate::{port, talk};

/// How long it may take to begin.
const BEGIN: Duration = Duration::from_secs(10);

/// A Sentinel that watches a master under the name [`MASTER`](Self::MASTER), until this is dropped.
#[derive(Debug)]
pub struct RedisSentinel {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl RedisSentinel {
    /// What it calls the master.
    pub const MASTER: &str = "room";

    /// Starts one that takes this server for the master, since the failover of this number.
    ///
    /// # Errors
    ///
    /// Where it does not begin.
    pub fn start(master: &RedisServer, epoch: u64) -> Result<Self, StartError> {
        let sentinel = Self::spawn(master, epoch).map_err(StartError::from)?;
        let begun = Instant::now();
        while talk::ask(sentinel.port, &["PING"]).is_err() {
            if begun.elapsed() > BEGIN {
                return Err(StartError::of("a Sentinel did not begin".to_owned()));
            }
            sleep(Duration::from_millis(5));
        }
        Ok(sentinel)
    }

    fn spawn(master: &RedisServer, epoch: u64) -> io::Result<Self> {
        let (port, folder) = (port::free_port()?, TempDir::new()?);
        let file = folder.path().join("sentinel.conf");
        let (name, master) = (Self::MASTER, master.port());
        let configuration = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor {name} 127.0.0.1 {master} 1\n\
             sentinel config-epoch {name} {epoch}\nsentinel down-after-milliseconds {name} 1000\n\
             sentinel failover-timeout {name} 3000\n"
        );
        std::fs::write(&file, configuration)?;
        let process = Command::new(program())
            .arg(&file)
            .arg("--sentinel")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self {
            port,
            process,
            _folder: folder,
        })
    }

    /// Where it listens, as `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Whether it says that this server is the master.
    pub fn names(&self, master: &RedisServer) -> bool {
        let ask = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER];
        let answer = talk::ask(self.port, &ask).unwrap_or_default();
        answer.lines().nth(1) == Some(&master.port().to_string())
    }

    /// Has it take another server for the master, without any change at the one before.
    ///
    /// # Errors
    ///
    /// Where it does not.
    pub fn watch(&self, master: &RedisServer) -> io::Result<()> {
        let port = master.port().to_string();
        talk::ask(self.port, &["SENTINEL", "REMOVE", Self::MASTER])?;
        let monitor = ["SENTINEL", "MONITOR", Self::MASTER, "127.0.0.1", &port, "1"];
        talk::ask(self.port, &monitor).map(drop)
    }
}

impl Drop for RedisSentinel {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
