// Answers every message with itself.
//
//     POSTERN_REDIS_URL=redis://127.0.0.1:6379/0 node echo.js

import { Client } from "@postern/worker";

const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());

const client = new Client(process.env["POSTERN_REDIS_URL"], { log: console.warn });
await client.receive((message) => message.reply(`echo: ${message.content}`), {
  events: ["message"],
  signal: stop.signal,
});
client.close();
