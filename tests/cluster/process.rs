//! A node that is a process of its own, so that it can be killed and stopped: this test program, started again.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ws_core::{RedisOptions, Retention};

use crate::stage::Node;

/// Where a program that was started again finds what it is to do.
const VARIABLE: &str = "WS_CLUSTER_NODE";

pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a node, and waits until it listens.
    pub(crate) fn start(url: &str) -> Self {
        Self::run(&mut Command::new(std::env::current_exe().unwrap()), url)
    }

    /// The same, with a clock that is wrong by this: `+3600s`.
    pub(crate) fn with_clock(url: &str, difference: &str) -> Self {
        // The program `faketime` knows where its library is, and what else it takes.
        let asked = Command::new("faketime")
            .args(["-f", difference, "printenv", "LD_PRELOAD"])
            .output();
        let Ok(asked) = asked else {
            panic!("faketime is missing: install it (on Debian: apt-get install faketime)");
        };
        let library = String::from_utf8(asked.stdout).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        // Only what is the time is wrong, not how much of it has passed.
        command
            .env("LD_PRELOAD", library.trim())
            .env("FAKETIME", difference)
            .env("DONT_FAKE_MONOTONIC", "1");
        Self::run(&mut command, url)
    }

    fn run(command: &mut Command, url: &str) -> Self {
        let mut child = command
            .args([
                "--exact",
                "process::a_node_of_its_own",
                "--nocapture",
                "--include-ignored",
            ])
            .env(VARIABLE, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map(|line| line.unwrap())
            .find_map(|line| line.split("listens on ").nth(1)?.parse().ok())
            .unwrap();
        Self { child, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn signal(&self, signal: &str) {
        let told = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(told.success());
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Does nothing in an ordinary run of the tests. Started by [`Process`], it is a node until it is killed, or its parent ends.
#[expect(clippy::print_stdout, reason = "tells its parent where it listens")]
#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_its_own() {
    let Ok(url) = std::env::var(VARIABLE) else {
        return;
    };
    tests::allow_many_files();
    let options = RedisOptions::new(url).with_lease(Duration::from_secs(3));
    let node = Node::start(options, Retention::default()).await;
    println!("listens on {}", node.address());
    // The pipe ends with the parent.
    tokio::task::spawn_blocking(|| drop(std::io::read_to_string(std::io::stdin())))
        .await
        .unwrap();
}
