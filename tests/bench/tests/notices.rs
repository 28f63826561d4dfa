//! The load generator notices what a server does wrong.
#![cfg(target_os = "linux")]

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use bench::load::{self, Crowd, PLAIN};
use tungstenite::Message;

/// What a server does with the fourth message, after it has answered each properly.
#[derive(Debug, Clone, Copy)]
enum Lie {
    Nothing,
    Twice,
    Shorter,
    Close,
}

/// A server for one client.
fn liar(lie: Lie) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut socket = tungstenite::accept(listener.accept()?.0)?;
        for number in 1.. {
            let message = socket.read()?;
            if message.is_close() {
                socket.flush()?;
                break;
            }
            match lie {
                _ if number != 4 => socket.send(message)?,
                Lie::Nothing => {}
                Lie::Twice => {
                    socket.send(message.clone())?;
                    socket.send(message)?;
                }
                Lie::Shorter => socket.send(Message::text("{}"))?,
                Lie::Close => socket.close(None)?,
            }
        }
        Ok(())
    });
    Ok(address)
}

/// What is said of it, by the end of the run.
fn noticed(lie: Lie) -> String {
    let run = || {
        let mut crowd =
            Crowd::connect(liar(lie)?, &PLAIN, 1)?.with_patience(Duration::from_millis(200));
        crowd.prove()?;
        load::echo(&mut crowd, 1, Duration::from_millis(50))?;
        crowd.leave()
    };
    run().map_or_else(|error| error.to_string(), |()| "nothing".to_owned())
}

#[test]
fn a_message_that_does_not_come_back() {
    assert_eq!(noticed(Lie::Nothing), "1 clients wait for their messages");
}

#[test]
fn a_message_that_comes_back_twice() {
    let said = noticed(Lie::Twice);
    assert!(said.starts_with("client 0 received, unasked: {"), "{said}");
}

#[test]
fn a_message_that_comes_back_as_another() {
    assert_eq!(
        noticed(Lie::Shorter),
        "client 0 received, instead of its message: {}"
    );
}

#[test]
fn a_connection_that_is_closed() {
    assert_eq!(
        noticed(Lie::Close),
        "the server closed the connection of client 0"
    );
}
