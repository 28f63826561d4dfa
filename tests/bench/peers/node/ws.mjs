// The package `ws`: every message is parsed, and what goes out is encoded once.

import { WebSocketServer } from "ws";

import { http, listen } from "./listen.mjs";

const server = new WebSocketServer({ server: http, path: "/ws" });

server.on("connection", (socket) => {
  socket.on("message", (text) => {
    const { event, data } = JSON.parse(text);
    const { room, id, user, text: said, ts } = data;
    const answer = JSON.stringify({ event, data: { room, id, user, text: said, ts } });
    if (event === "echo.msg") {
      socket.send(answer);
    } else if (event === "bcast.msg") {
      const bytes = Buffer.from(answer);
      for (const client of server.clients) client.send(bytes, { binary: false });
    }
  });
});

listen();
