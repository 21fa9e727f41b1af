// Answers in two messages, and waits in between until GATE_URL answers.

import { Client } from "@postern/worker";

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());

const client = new Client(process.env["POSTERN_REDIS_URL"], { log: console.warn });
await client.receive(
  async (message) => {
    await message.reply(`thinking about ${message.content}`);
    await fetch(process.env["GATE_URL"]!);
    await message.reply(`the answer to ${message.content}`);
  },
  { events: ["message"], lease: 1_000, signal: stop.signal },
);
client.close();
