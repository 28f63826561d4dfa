//! Connections to Redis: how they are configured, and how long making one may take.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    ProtocolVersion, TlsCertificates,
};
use tokio::time::timeout;

use super::failure::Failure;
use super::options::RedisOptions;
use crate::error::ClusterError;

/// How long connecting may take, with authentication.
const CONNECT: Duration = Duration::from_secs(1);

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// Reads `host:port`, where the host may be an IPv6 address in brackets or without.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
        })
        .filter(|address| !address.host.is_empty())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Makes connections to servers, all with the same credentials.
#[derive(Clone)]
pub(super) struct Connector {
    /// What the URL says. Its address is that of the first server to ask.
    info: ConnectionInfo,
    ca: Option<Arc<[u8]>>,
}

impl Connector {
    pub(super) fn new(options: &RedisOptions) -> Result<(Self, Address), ClusterError> {
        let wrong = |reason: String| {
            ClusterError::Configuration(format!(
                "the URL of Redis is invalid: {reason}; it must look like \
                 redis://user:password@host:6379, or rediss://… for TLS, with `%23` for `#`, `%2F` for `/` and `%40` for `@` in \
                 a password"
            ))
        };
        // What follows would be ignored, and part of the password be taken for the host, and logged.
        if options.url.contains('#') {
            return Err(wrong("it has a fragment".to_owned()));
        }
        // What is before the first colon would be taken for a scheme.
        if !options.url.contains("://") {
            return Err(wrong(
                "it has no scheme, which must be `redis://`, or `rediss://` for TLS".to_owned(),
            ));
        }
        let info = options
            .url
            .as_str()
            .into_connection_info()
            .map_err(|error| wrong(error.to_string()))?;
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Address {
                    host: host.clone(),
                    port: *port,
                }
            }
            _ => return Err(wrong("only TCP and TLS are supported".to_owned())),
        };
        let database = info.redis_settings().db();
        if database != 0 {
            return Err(ClusterError::Configuration(format!(
                "the URL of Redis selects database {database}, but what is published in one database is heard in all of them: use \
                 database 0, and a different prefix for each application"
            )));
        }
        if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            // The crate `redis` takes the provider of the process, and panics where there is none. One that the program has
            // chosen before stays, and is as good.
            drop(rustls::crypto::ring::default_provider().install_default());
        }
        // By default, the crate does not detect a lost peer, and delays small writes.
        let tcp = TcpSettings::default()
            .set_nodelay(true)
            .set_user_timeout(Duration::from_secs(10));
        let redis = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3)
            .set_skip_set_lib_name();
        let info = info.set_tcp_settings(tcp).set_redis_settings(redis);
        let ca = options.ca.clone();
        Ok((Self { info, ca }, address))
    }

    /// A possible cause where a server does not answer, or closes the connection.
    pub(super) fn suspicion(&self) -> &'static str {
        match self.info.addr() {
            ConnectionAddr::TcpTls { .. } => {
                "if it does not use TLS, its URL must begin with `redis://`"
            }
            _ => "if it only accepts TLS, its URL must begin with `rediss://`",
        }
    }

    /// The same without credentials, for Sentinels: the credentials are those of the master.
    pub(super) fn without_credentials(&self) -> Self {
        let redis = redis::RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
        let info = self.info.clone().set_redis_settings(redis);
        Self {
            info,
            ca: self.ca.clone(),
        }
    }

    /// Connects. What the server pushes goes to `pushes`.
    pub(super) async fn connect(
        &self,
        address: &Address,
        pushes: Option<impl AsyncPushSender>,
    ) -> Result<MultiplexedConnection, Failure> {
        let client = self.client(address)?;
        // Calls have their own deadline.
        let mut config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        if let Some(pushes) = pushes {
            config = config.set_push_sender(pushes);
        }
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let connected = timeout(CONNECT, connecting).await;
        let failed = |failure: Failure| match failure {
            Failure::Away(reason) => Failure::Away(format!("{address}: {reason}")),
            Failure::Refused(reason) => Failure::Refused(format!("{address}: {reason}")),
            other => other,
        };
        match connected {
            Ok(connected) => connected.map_err(|error| failed(error.into())),
            Err(_) => Err(Failure::Away(format!(
                "{address} was not reached within {CONNECT:?}"
            ))),
        }
    }

    fn client(&self, address: &Address) -> Result<Client, Failure> {
        let mut at = self.info.addr().clone();
        match &mut at {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                host.clone_from(&address.host);
                *port = address.port;
            }
            _ => {}
        }
        let info = self.info.clone().set_addr(at);
        let client = match &self.ca {
            None => Client::open(info),
            Some(ca) => Client::build_with_tls(
                info,
                TlsCertificates {
                    client_tls: None,
                    root_cert: Some(ca.to_vec()),
                },
            ),
        };
        client.map_err(Failure::from)
    }
}
