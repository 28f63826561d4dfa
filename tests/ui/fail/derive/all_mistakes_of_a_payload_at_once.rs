use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "Chats.msgPrivate", evnt = 3, error = String)]
//~^ error: `Chats.msgPrivate` is not an event name: use lower-case words joined by `-`, in segments joined by `.`; write `chats.msg-private` @ "Chats.msgPrivate"
//~^^ error: unknown key; expected one of: event, reply, error, rate, when_slow, ephemeral, from, namespace @ evnt
//~^^^ error: only a request has an error: add `reply = …`; a request without a result has `reply = ()` @ String
struct Private;
//~^ error: a unit struct is `null` in JSON; write `struct Private {}`, which is `{}` and can grow @ Private

fn main() {}
