// Joins the chat, asks who it is itself, says something and hears it: what every runtime has to be able to do.

const [folder, url, extension = "js"] = globalThis.Deno?.args ?? process.argv.slice(2);
const { connectChat } = await import(`${folder}/chat.${extension}`);
const { validators } = await import(`${folder}/chat.validators.${extension}`);
const { validateWith } = await import(`${folder}/runtime/index.${extension}`);

// Node.js before 22 has no WebSocket of its own.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const chat = connectChat(url, { WebSocket, validate: validateWith(validators) });
chat.onError((error) => console.error(error));
const me = new Promise((resolve) => chat.once("app.connected", ({ id }) => resolve(id)));
const info = await chat.call("participants.info", { id: await me }, { timeoutMs: 10_000 });
const nobody = await chat.call("participants.info", { id: "nobody" });
const messages = chat.events("chats.msg");
chat.send("chats.msg", { text: "hello" });
const { value: heard } = await messages.next();
const closed = new Promise((resolve) => chat.onState((state) => state.status === "closed" && resolve(state.code)));
chat.send("app.signout");
console.log(JSON.stringify([info.value.name, nobody.error.code, heard.text, await closed]));
