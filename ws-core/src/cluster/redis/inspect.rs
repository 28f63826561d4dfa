//! Checks before a node begins that Redis offers what it needs, and says what is wrong in words for whoever configures it.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, PushInfo, Value, cmd};
use tokio::sync::mpsc::UnboundedSender;

use super::connector::{Address, Connector};
use super::failure::Failure;
use super::keys::{Keys, Partition};
use super::reply;
use crate::error::ClusterError;

/// The commands that a node uses, as the rules of an ACL name them.
const COMMANDS: &str = "+eval +evalsha +eval_ro +evalsha_ro +get +set +mget +del +unlink +exists +incr +incrby +pexpire +xadd \
     +xrange +xrevrange +xinfo|stream +hset +hdel +hscan +sadd +srem +smembers +zadd +zrem +zscore +zrange +zrangebyscore \
     +spublish +ssubscribe +sunsubscribe +time +info +cluster|slots +cluster|info +ping +hello, \
     and +wait where replicas must have messages";

/// Looks at a server, and returns whether it is one of a Redis Cluster.
pub(super) async fn server(connector: &Connector, address: &Address) -> Result<bool, ClusterError> {
    let mut connection = connector
        .connect(address, None::<UnboundedSender<PushInfo>>)
        .await
        .map_err(|failure| not_connected(connector, address, failure))?;
    let info = info(&mut connection).await?;
    let version = info.get("redis_version").map_or("", String::as_str);
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    if major.is_none_or(|major: u32| major < 7) {
        return Err(ClusterError::Configuration(format!(
            "Redis at {address} has version {version}; version 7 or newer is needed"
        )));
    }
    let field = |name: &str| info.get(name).map_or("", String::as_str);
    // A server that does not say so is taken to be suitable.
    let is_bounded = info.get("maxmemory").is_some_and(|most| most != "0");
    if is_bounded && field("maxmemory_policy") != "noeviction" {
        return Err(ClusterError::Configuration(format!(
            "Redis at {address} evicts data, including messages, when its memory is full; \
             set maxmemory-policy to noeviction (it is {}), or use a separate Redis",
            field("maxmemory_policy"),
        )));
    }
    let is_cluster = field("cluster_enabled") == "1";
    if is_cluster {
        let mut ask = cmd("CLUSTER");
        ask.arg("INFO");
        let state = ask
            .query_async::<Value>(&mut connection)
            .await
            .map_err(|error| refused(Failure::from(error)))?;
        if reply::text(state).is_some_and(|state| state.contains("cluster_state:fail")) {
            return Err(ClusterError::Unavailable(format!(
                "the Redis Cluster of {address} is in the state `fail`: not all of its slots are served"
            )));
        }
    } else if field("role") == "slave" {
        return Err(ClusterError::Configuration(format!(
            "Redis at {address} is a replica; give the address of its master, or those of the Sentinels that know it"
        )));
    }
    Ok(is_cluster)
}

async fn info(
    connection: &mut MultiplexedConnection,
) -> Result<HashMap<String, String>, ClusterError> {
    let info = cmd("INFO").query_async::<Value>(connection).await;
    let info = info.map_err(|error| refused(Failure::from(error)))?;
    let info = reply::text(info).unwrap_or_default();
    let fields = info.lines().filter_map(|line| line.split_once(':'));
    Ok(fields
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// Tries everything that a node will do, so that a missing right is found now, and not when a message is sent.
pub(super) async fn rights(
    connector: &Connector,
    address: &Address,
    keys: &Keys,
    node: &str,
    waits: bool,
) -> Result<(), ClusterError> {
    let mut connection = connector
        .connect(address, None::<UnboundedSender<PushInfo>>)
        .await
        .map_err(|failure| not_connected(connector, address, failure))?;
    let mut missing = Vec::new();
    let mut calls = calls(&keys.probe(Partition::FIRST, node));
    if waits {
        calls.cmd("WAIT").arg(0).arg(1);
    }
    for call in calls.cmd_iter() {
        // Any other error is reported where it matters.
        if let Err(error) = call.query_async::<Value>(&mut connection).await
            && is_missing_right(&error.to_string())
        {
            missing.push(error.to_string());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    missing.dedup();
    let pattern = keys.pattern();
    Err(ClusterError::Configuration(format!(
        "the Redis user lacks permissions: {}. It needs ~{pattern} for keys, &{pattern} for channels, and {COMMANDS}",
        missing.join("; "),
    )))
}

/// A harmless call of each command.
fn calls(key: &str) -> Pipeline {
    let [text, stream, hash, set, leases] =
        ["t", "x", "h", "s", "z"].map(|kind| format!("{key}:{kind}"));
    let mut calls = redis::pipe();
    let script = "return redis.call('TIME')";
    for command in ["EVAL", "EVAL_RO"] {
        calls.cmd(command).arg(script).arg(1).arg(&text);
    }
    for command in ["EVALSHA", "EVALSHA_RO"] {
        calls.cmd(command).arg("0".repeat(40)).arg(1).arg(&text);
    }
    calls.cmd("SET").arg(&text).arg(0).arg("PX").arg(1000);
    calls.cmd("INCRBY").arg(&text).arg(1);
    for command in ["GET", "MGET", "EXISTS", "INCR"] {
        calls.cmd(command).arg(&text);
    }
    calls.cmd("PEXPIRE").arg(&text).arg(1000);
    calls.cmd("XADD").arg(&stream).arg("*").arg("d").arg("");
    calls.cmd("XRANGE").arg(&stream).arg("-").arg("+");
    calls.cmd("XREVRANGE").arg(&stream).arg("+").arg("-");
    calls.cmd("XINFO").arg("STREAM").arg(&stream);
    calls.cmd("HSET").arg(&hash).arg("f").arg("");
    calls.cmd("HSCAN").arg(&hash).arg(0);
    calls.cmd("HDEL").arg(&hash).arg("f");
    calls.cmd("SADD").arg(&set).arg("m");
    calls.cmd("SMEMBERS").arg(&set);
    calls.cmd("SREM").arg(&set).arg("m");
    calls.cmd("ZADD").arg(&leases).arg(1).arg("m");
    calls.cmd("ZSCORE").arg(&leases).arg("m");
    calls.cmd("ZRANGE").arg(&leases).arg(0).arg(-1);
    calls.cmd("ZRANGEBYSCORE").arg(&leases).arg(0).arg(1);
    calls.cmd("ZREM").arg(&leases).arg("m");
    calls.cmd("TIME");
    calls.cmd("SPUBLISH").arg(&text).arg("");
    calls.cmd("SSUBSCRIBE").arg(&text);
    calls.cmd("DEL").arg(&text);
    calls.cmd("UNLINK").arg(&stream);
    calls
}

fn is_missing_right(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.contains("no permissions")
        || reason.contains("noperm")
        || reason.contains("can't run this command")
}

/// What a failure means at the beginning.
pub(super) fn refused(failure: Failure) -> ClusterError {
    match failure {
        Failure::Refused(reason) if is_missing_right(&reason) => ClusterError::Configuration(
            format!("the Redis user lacks permissions: {reason}. It needs {COMMANDS}"),
        ),
        other => other.into(),
    }
}

/// Why nothing could be written at the beginning.
pub(super) fn not_written(failure: Failure, address: Option<Address>) -> ClusterError {
    let is_full = |reason: &String| reason.contains("OOM") && reason.contains("maxmemory");
    match (failure, address) {
        (Failure::Refused(reason), Some(address)) if is_full(&reason) => {
            ClusterError::Unavailable(format!(
                "the memory of Redis at {address} is full, so nothing can be written: raise its `maxmemory`, or free \
                 memory, as logs do when they expire"
            ))
        }
        (failure, _) => refused(failure),
    }
}

fn not_connected(connector: &Connector, address: &Address, failure: Failure) -> ClusterError {
    let reason = failure.to_string();
    let says = |word: &str| reason.to_lowercase().contains(word);
    if says("authentication") || says("wrongpass") || says("noauth") || says("password") {
        return ClusterError::Configuration(format!(
            "Redis refuses the user or the password of the URL: {reason}"
        ));
    }
    if says("resp3") || says("hello") {
        return ClusterError::Configuration(format!(
            "Redis is too old; version 7 or newer is needed: {reason}"
        ));
    }
    if says("parse error") {
        return ClusterError::Configuration(format!(
            "the server at {address} does not speak the protocol of Redis, and may be a web server: make sure that host and \
             port of the URL are those of Redis"
        ));
    }
    let is_nobody_there = says("connection refused") || says("lookup");
    match failure {
        Failure::Refused(reason) => ClusterError::Configuration(reason),
        Failure::Away(reason) if !is_nobody_there => {
            ClusterError::Unavailable(format!("{reason}; {}", connector.suspicion()))
        }
        failure => failure.into(),
    }
}
