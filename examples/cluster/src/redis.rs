//! The Redis that connects the nodes.

use std::sync::{Mutex, PoisonError};

use redis_server::{RedisServer, StartError};

/// Where it is.
#[derive(Debug)]
pub enum Redis {
    /// Somebody else's.
    Elsewhere(String),
    /// Started by this program, and stopped with it.
    Here(Mutex<RedisServer>),
}

impl Redis {
    /// Starts a Redis that keeps its data when it is stopped. Ctrl-C does not end it before the nodes are gone.
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

    /// Whether it is running. `None` if it is not this program's Redis.
    pub fn runs(&self) -> Option<bool> {
        match self {
            Self::Elsewhere(_) => None,
            Self::Here(server) => Some(lock(server).id().is_some()),
        }
    }

    /// Stops it if it is running, and starts it if it is not.
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
