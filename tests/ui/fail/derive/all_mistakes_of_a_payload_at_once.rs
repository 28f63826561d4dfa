use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "Chats.msgPrivate", evnt = 3, error = String)]
//~^ error: `Chats.msgPrivate` is not an event name: use lower-case words joined by `-`, in segments joined by `.`; write `chats.msg-private` @ "Chats.msgPrivate"
//~^^ error: unknown key; expected one of: event, reply, error, rate, when_slow, ephemeral, from, namespace @ evnt
//~^^^ error: only a request can have an error: add `reply = …`, or `reply = ()` for a request without a result @ String
struct Private;
//~^ error: a unit struct is `null` in JSON; write `struct Private {}`, which is `{}` and can grow @ Private

fn main() {}
