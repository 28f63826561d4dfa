//! What is said where Redis cannot be used as it is configured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use redis_server::{RedisCluster, RedisServer};
use ws_core::{Close, Cluster, ClusterError, ClusterStatus, RedisOptions, Retention};

use crate::stage::{Node, Setup, Stage, eventually, keys};

/// Why a node does not come about.
async fn refused(options: impl Into<RedisOptions>) -> ClusterError {
    match Cluster::redis(options).await {
        Err(error) => error,
        Ok(_) => panic!("it was taken"),
    }
}

async fn says(options: impl Into<RedisOptions>, words: &[&str]) {
    let error = refused(options).await;
    assert!(matches!(error, ClusterError::Configuration(_)), "{error:?}");
    for word in words {
        assert!(error.to_string().contains(word), "`{word}` in: {error}");
    }
}

#[tokio::test]
async fn a_wrong_url_is_told_with_an_example() {
    for url in ["", "nonsense", "http://127.0.0.1:6379", "redis://"] {
        says(url, &["URL", "redis://user:password@host:6379"]).await;
    }
}

#[tokio::test]
async fn a_url_without_a_scheme_is_told_and_its_password_is_not_shown() {
    for url in [
        "localhost:6379",
        "127.0.0.1:6379",
        "redis.example.com:6379",
        "user:secret@localhost:6379",
        "localhost",
    ] {
        says(url, &["scheme", "`redis://`", "`rediss://`"]).await;
        let error = refused(url).await.to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_password_that_is_not_escaped_is_told_and_not_shown() {
    let error = refused("redis://:p@secret#word@127.0.0.1:6379").await;
    assert!(matches!(error, ClusterError::Configuration(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("`%23` for `#`"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_database_is_refused_because_others_would_hear_what_is_published_in_it() {
    says(
        "redis://127.0.0.1:6379/3",
        &["database 3", "database 0", "prefix"],
    )
    .await;
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_unavailable() {
    let error = refused("redis://127.0.0.1:1").await;
    assert!(matches!(error, ClusterError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn what_main_prints_of_a_redis_that_is_not_there_says_redis() {
    // `main() -> Result<…>` prints `Debug`.
    for options in [
        RedisOptions::new("redis://127.0.0.1:1"),
        RedisOptions::new("redis://127.0.0.1:1").with_sentinels("main", ["127.0.0.1:1"]),
    ] {
        let error = refused(options).await;
        let printed = format!("{error:?}");
        assert!(printed.contains("Redis: 127.0.0.1:1: "), "{printed}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_shown() {
    let server = RedisServer::with(&["--requirepass", "right"]).unwrap();
    let port = server.port();
    for url in [
        format!("redis://:wrong@127.0.0.1:{port}"),
        format!("redis://127.0.0.1:{port}"),
    ] {
        let error = refused(url.as_str()).await;
        assert!(error.to_string().contains("password"), "{error}");
        assert!(!error.to_string().contains("wrong@"), "{error}");
        assert!(matches!(error, ClusterError::Configuration(_)), "{error:?}");
    }
    assert!(
        Cluster::redis(format!("redis://:right@127.0.0.1:{port}"))
            .await
            .is_ok()
    );
}

/// A server with a user `chat` who has these rights.
fn with_user(rights: &[&str]) -> (RedisServer, String) {
    let server = RedisServer::start().unwrap();
    let mut command = vec!["ACL", "SETUSER", "chat", "on", ">secret"];
    command.extend(rights);
    server.ask(&command).unwrap();
    let url = format!("redis://chat:secret@127.0.0.1:{}", server.port());
    (server, url)
}

#[tokio::test]
async fn a_user_with_the_rights_that_are_named_can_do_everything() {
    the_rights_that_are_named_are_enough(0).await;
    the_rights_that_are_named_are_enough(1).await;
}

async fn the_rights_that_are_named_are_enough(min_replicas: usize) {
    let (_server, url) = with_user(&["~ws1{*", "&ws1{*", "+@read", "-@all"]);
    // The message says what to grant. What it says is enough.
    let options = RedisOptions::new(url).with_min_replicas(min_replicas);
    let message = refused(options).await.to_string();
    let granted = message.split_once("It needs ").unwrap().1.to_owned();
    let rights: Vec<&str> = granted
        .split(|character: char| character.is_whitespace() || character == ',')
        .filter(|word| word.starts_with(['+', '~', '&']))
        .collect();
    let rights = [&["~ws1{*", "&ws1{*"], &rights[..]].concat();
    let (server, url) = with_user(&rights);
    let _replica = server.replica().unwrap();
    let options = RedisOptions::new(url).with_min_replicas(min_replicas);
    let stage = Stage::set(Setup::with(&options)).await;
    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
    stage.flows().await;
    let channel = &stage.nodes[0].channel;
    channel.disconnect_user("nobody", Close::normal()).unwrap();
    eventually("the order is kept", || {
        let keys = server.ask(&["KEYS", "*ku:*"]);
        keys.is_ok_and(|keys| !keys.is_empty())
    })
    .await;
    // What is acknowledged and lost is told, which takes no other rights.
    server.ask(&["FLUSHALL"]).unwrap();
    stage.flows().await;
    stage.ends().await.is_told();
}

#[tokio::test]
async fn a_missing_right_is_told_with_the_command_and_the_pattern() {
    let (_server, url) = with_user(&["~ws1{*", "&ws1{*", "+@all", "-xadd"]);
    says(url.as_str(), &["xadd", "~ws1{*", "&ws1{*"]).await;
    let (_server, url) = with_user(&["~other*", "&ws1{*", "+@all"]);
    says(url.as_str(), &["~ws1{*"]).await;
    let (_server, url) = with_user(&["~ws1{*", "resetchannels", "+@all"]);
    says(url.as_str(), &["&ws1{*"]).await;
    // Only who waits for replicas needs the right to.
    let (_server, url) = with_user(&["~ws1{*", "&ws1{*", "+@all", "-wait"]);
    let options = RedisOptions::new(url);
    assert!(Cluster::redis(options.clone()).await.is_ok());
    says(options.with_min_replicas(1), &["wait", "+wait"]).await;
}

#[tokio::test]
async fn a_policy_that_throws_messages_away_is_refused() {
    let server =
        RedisServer::with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]).unwrap();
    says(
        server.url(),
        &["maxmemory-policy", "noeviction", "allkeys-lru"],
    )
    .await;
    server
        .ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"])
        .unwrap();
    assert!(Cluster::redis(server.url()).await.is_ok());
}

#[tokio::test]
async fn a_replica_is_refused() {
    let master = RedisServer::start().unwrap();
    let replica = RedisServer::start().unwrap();
    let port = master.port().to_string();
    replica.ask(&["REPLICAOF", "127.0.0.1", &port]).unwrap();
    says(replica.url(), &["replica", "master"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_too_old_is_refused_with_its_version() {
    // Nothing so old is to be had: this answers as it would.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        answer_as_redis_6(BufReader::new(stream.try_clone().unwrap()), stream);
    });
    says(url, &["6.2.14", "version 7"]).await;
}

fn answer_as_redis_6(mut reader: impl BufRead, mut writer: impl Write) {
    const INFO: &str = "redis_version:6.2.14\r\ncluster_enabled:0\r\n";
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return;
        }
        let count: usize = line.trim().trim_start_matches('*').parse().unwrap();
        let mut command = String::new();
        for part in 0..count {
            let mut length = String::new();
            reader.read_line(&mut length).unwrap();
            let length: usize = length.trim().trim_start_matches('$').parse().unwrap();
            let mut text = vec![0; length + 2];
            reader.read_exact(&mut text).unwrap();
            if part == 0 {
                command = String::from_utf8_lossy(&text[..length]).to_uppercase();
            }
        }
        let answer = match command.as_str() {
            "HELLO" => "%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n".to_owned(),
            "INFO" => format!("${}\r\n{INFO}\r\n", INFO.len()),
            _ => "+OK\r\n".to_owned(),
        };
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_leads_to_a_web_server_is_told() {
    for answer in [
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nno\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 8]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            // It goes on reading, so that what it says is not cut off.
            drop(stream.read_to_end(&mut Vec::new()));
        });
        let address = address.to_string();
        let words = [
            "does not speak the protocol of Redis",
            "web server",
            &address,
        ];
        says(format!("redis://{address}"), &words).await;
    }
}

#[tokio::test]
async fn a_redis_whose_memory_is_full_is_told_with_what_to_do() {
    let server = RedisServer::start().unwrap();
    server.ask(&["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    let error = refused(server.url()).await;
    // What expires gives memory back.
    assert!(matches!(error, ClusterError::Unavailable(_)), "{error:?}");
    let address = server.url().replace("redis://", "");
    for words in ["the memory of Redis", "is full", "`maxmemory`", &address] {
        assert!(error.to_string().contains(words), "{error}");
    }
    server.ask(&["CONFIG", "SET", "maxmemory", "0"]).unwrap();
    assert!(Cluster::redis(server.url()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_fails_is_unavailable() {
    let mut cluster = RedisCluster::start().unwrap();
    for server in &cluster.servers {
        server
            .ask(&["CONFIG", "SET", "cluster-require-full-coverage", "yes"])
            .unwrap();
    }
    cluster.servers[2].kill();
    cluster.servers[5].kill();
    crate::stage::eventually("the cluster fails", || {
        let info = cluster.servers[0].ask(&["CLUSTER", "INFO"]).unwrap();
        info.contains("cluster_state:fail")
    })
    .await;
    let error = refused(cluster.url()).await;
    assert!(matches!(error, ClusterError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("`fail`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_type_is_named() {
    let server = RedisServer::start().unwrap();
    server.ask(&["SET", &keys("s:"), "not a log"]).unwrap();
    let node = Node::start(RedisOptions::new(server.url()), Retention::default()).await;
    let client = crate::stage::Client::begin("ana", crate::stage::Itinerary::Stays(node.address()));
    let status = node.cluster.status_changed_from(&ClusterStatus::Up).await;
    let ClusterStatus::Degraded { why, .. } = status else {
        panic!("{status:?}");
    };
    assert!(
        why.contains("WRONGTYPE") && why.contains(&keys("s:")),
        "{why}"
    );
    // It heals as soon as the key is gone.
    server.ask(&["DEL", &keys("s:")]).unwrap();
    client.is_welcome().await;
}

/// A certificate authority, and the certificate of 127.0.0.1, in a folder of their own.
fn certificates(folder: &std::path::Path) {
    let openssl = |arguments: &[&str]| {
        let output = std::process::Command::new("openssl")
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap_or_else(|error| {
                panic!("`openssl` is needed (on Debian: apt-get install openssl): {error}")
            });
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let key = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    let ca = [
        "req", "-x509", "-subj", "/CN=test", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem",
    ];
    openssl(&[&ca[..], &key[..]].concat());
    let request = [
        "req",
        "-subj",
        "/CN=127.0.0.1",
        "-keyout",
        "key.pem",
        "-out",
        "request.pem",
    ];
    openssl(&[&request[..], &key[..]].concat());
    std::fs::write(
        folder.join("san"),
        "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        "request.pem",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "san",
        "-out",
        "cert.pem",
    ]);
}

/// A server that speaks without encryption, and with it at this URL.
fn with_tls(folder: &std::path::Path) -> (RedisServer, String) {
    certificates(folder);
    let path = |name: &str| folder.join(name).display().to_string();
    let free = redis_server::free_port().unwrap();
    let server = RedisServer::with(&[
        "--tls-port",
        &free.to_string(),
        "--tls-cert-file",
        &path("cert.pem"),
        "--tls-key-file",
        &path("key.pem"),
        "--tls-ca-cert-file",
        &path("ca.pem"),
        "--tls-auth-clients",
        "no",
    ])
    .unwrap();
    (server, format!("rediss://127.0.0.1:{free}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_promises_tls_where_there_is_none_or_the_other_way_round_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (server, encrypted) = with_tls(folder.path());
    let plain = server.url();
    for (url, right) in [
        (plain.replace("redis:", "rediss:"), "`redis://`"),
        (encrypted.replace("rediss:", "redis:"), "`rediss://`"),
    ] {
        let error = refused(url).await.to_string();
        assert!(error.contains(right), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_with_an_authority_of_its_own_carries_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (server, url) = with_tls(folder.path());
    let ca = std::fs::read(folder.path().join("ca.pem")).unwrap();
    let stage = Stage::set(Setup::with(&RedisOptions::new(&url).with_ca(ca))).await;
    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
    stage.flows().await;
    stage.ends().await.is_whole();
    // An authority that nobody knows is not believed.
    let error = refused(url.as_str()).await;
    assert!(
        error.to_string().to_lowercase().contains("certificate"),
        "{error}"
    );
}
