// Socket.IO over WebSocket only.

import { Server } from "socket.io";

import { http, listen } from "./listen.mjs";

const io = new Server(http, { transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.join("bench");
  socket.on("echo.msg", (data) => socket.emit("echo.msg", data));
  socket.on("bcast.msg", (data) => io.to("bench").emit("bcast.msg", data));
});

listen();
