use ui::*;

fn send(client: ChatClient) {
    let _ = client.send(&Signout {}); //~ error: `Signout` is not an event of `FromServer`
}

fn main() {}
