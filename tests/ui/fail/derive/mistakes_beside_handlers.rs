use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::handler::EventHandlers;
use ws_core::{Client, Handlers, SendError, WsEvent};

macro_rules! payloads {
    ($($name:ident)*) => { $(#[derive(Debug, Serialize, Deserialize, JsonSchema)] struct $name {})* };
}
payloads!(Ask Again Often Side Space Keyed Plain Heard);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Answer {}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
enum Bad {
    No,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "twice")]
enum Twice {
    #[ws(reply = Answer, error = Bad)]
    Ask(Ask), //~ error: `twice.ask` is first declared here @ Ask
    #[ws(name = "twice.ask")] //~ error: duplicate event name `twice.ask` @ "twice.ask"
    Again(Again),
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "rates")]
enum Rates {
    #[ws(reply = Answer, error = Bad, rate = "often")]
    //~^ error: a rate is a number of times per second, minute or hour: `"10/s"`, `"100/min"`, `"1000/h"` @ "often"
    Often(Often),
}

#[derive(Debug, WsEvent)]
#[ws(from = "clint", namespace = "sides")] //~ error: `from` must be `"client"` or `"server"` @ "clint"
enum Sides {
    #[ws(reply = Answer, error = Bad)]
    Side(Side),
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "Spaces")]
//~^ error: `Spaces` is not an event name: use lower-case words joined by `-`, in segments joined by `.`; write `spaces` @ "Spaces"
enum Spaces {
    #[ws(reply = Answer, error = Bad)]
    Space(Space),
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "keys")]
enum Keys {
    #[ws(replyy = Answer)] //~ error: unknown key; expected one of: name, reply, error, rate, when_slow, ephemeral @ replyy
    Keyed(Keyed),
}

#[derive(Debug, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "own.rate", reply = Answer, error = Bad, rate = "often")]
//~^ error: a rate is a number of times per second, minute or hour: `"10/s"`, `"100/min"`, `"1000/h"` @ "often"
struct OwnRate {}

#[derive(Debug, Deserialize, JsonSchema, WsEvent)]
#[ws(reply = Answer, error = Bad)]
//~^ error: the event has no name: write `#[ws(event = "namespace.name")]`, or remove this derive if an enum with a `namespace` names the event
struct NoName {}

#[derive(Debug, Deserialize, JsonSchema, WsEvent)]
#[ws(reply = Answer, error = Bad)]
//~^ error: the event has no name: write `#[ws(event = "namespace.name")]`, or remove this derive if an enum with a `namespace` names the event
struct NoNameEither {}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
enum Own {
    Rate(OwnRate),
    Name(NoName),
    Either(NoNameEither),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "heard", nme = "heard")]
//~^ error: unknown key; expected one of: event, reply, error, rate, when_slow, ephemeral, from, namespace @ nme
enum FromServer {
    Heard(Heard),
    Plain(Plain),
}

// What follows uses the enums, and must not be reported too.
ws_core::contract!(App = "app" { client: [Twice, Rates, Sides, Spaces, Keys, Own], server: [FromServer, ui::FromServer] });
ws_core::contract!(Small = "small" { client: Rates, server: FromServer });

async fn ask(client: Client<App, ()>, _: Ask) -> Result<Answer, Bad> {
    client.send(&Heard {}).map_err(|_| Bad::No)?;
    Ok(Answer {})
}

async fn again(client: Client<App, ()>, _: Again) -> Result<(), SendError> {
    client.send(&ui::Connected { id: String::new() })
}

async fn answered<P>(_: Client<App, ()>, _: P) -> Result<Answer, Bad> {
    Err(Bad::No)
}

async fn often(client: Client<Small, ()>, _: Often) -> Result<Answer, Bad> {
    client.broadcast(&Heard {}).map_err(|_| Bad::No)?;
    Ok(Answer {})
}

fn main() {
    let _ = FromServer::from(Heard {});
    let twice = EventHandlers::<Twice, App, ()>::new().handle_message(ask).handle_message(again).build();
    let rates = EventHandlers::<Rates, App, ()>::new().handle_message(answered::<Often>).build();
    let sides = EventHandlers::<Sides, App, ()>::new().handle_message(answered::<Side>).build();
    let spaces = EventHandlers::<Spaces, App, ()>::new().handle_message(answered::<Space>).build();
    let keys = EventHandlers::<Keys, App, ()>::new().handle_message(answered::<Keyed>).build();
    let own = EventHandlers::<Own, App, ()>::new().handle_message(answered::<OwnRate>);
    let own = own.handle_message(answered::<NoName>).handle_message(answered::<NoNameEither>).build();
    let handlers = Handlers::<App, ()>::new().include(twice).include(rates).include(sides);
    let _ = handlers.include(spaces).include(keys).include(own).build();
    let _ = Handlers::<Small, ()>::new().handle_message(often).build();
    let rates = EventHandlers::<Rates, Small, ()>::new().handle_message(often).build();
    let _ = Handlers::<Small, ()>::new().include(rates).build();
}
