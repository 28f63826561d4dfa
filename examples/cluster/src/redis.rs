//! The Redis that connects the nodes.

use std::sync::{Mutex, PoisonError};

use redis_server::{RedisServer, StartError};

/// Where it is.
#[derive(Debug)]
pub enum Redis {
    /// Somebody else's.
    Elsewhere(String),
    /// Started by this program, and ended with it.
    Here(Mutex<RedisServer>),
}

impl Redis {
    /// Starts one, which keeps what it was told when it is stopped, and which Ctrl-C leaves to the nodes until they are gone.
    pub fn start() -> Result<Self, StartError> {
        let server = RedisServer::apart(&["--appendonly", "yes", "--appendfsync", "always"])?;
        Ok(Self::Here(Mutex::new(server)))
    }

    pub fn url(&self) -> String {
        match self {
            Self::Elsewhere(url) => url.clone(),
            Self::Here(server) => lock(server).url(),
        }
    }

    /// Whether it runs. `None` where that is not for this program to say.
    pub fn runs(&self) -> Option<bool> {
        match self {
            Self::Elsewhere(_) => None,
            Self::Here(server) => Some(lock(server).id().is_some()),
        }
    }

    /// Stops it where it runs, and starts it where it does not.
    pub fn switch(&self) -> Result<(), StartError> {
        match self {
            Self::Elsewhere(_) => Ok(()),
            Self::Here(server) => {
                let mut server = lock(server);
                if server.id().is_some() {
                    server.kill();
                    return Ok(());
                }
                server.restart()
            }
        }
    }
}

fn lock(server: &Mutex<RedisServer>) -> std::sync::MutexGuard<'_, RedisServer> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}
