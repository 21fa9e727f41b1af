// Answers every message with a model's words, as they come.
//
//     OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=llama3 node chat.js
//
// Any OpenAI-compatible endpoint will do; OPENAI_API_KEY is sent if it is set.

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { Client, type Message } from "@postern/worker";

const {
  POSTERN_REDIS_URL,
  OPENAI_BASE_URL = "https://api.openai.com/v1",
  OPENAI_MODEL = "gpt-4o-mini",
  OPENAI_API_KEY,
} = process.env;

const headers: Record<string, string> = { "Content-Type": "application/json" };
if (OPENAI_API_KEY) headers["Authorization"] = `Bearer ${OPENAI_API_KEY}`;

interface Chunk {
  choices: { delta: { content?: string | null } }[];
}

/** The tokens of the answer. Throws if it breaks off. */
async function* completion(question: string, signal: AbortSignal): AsyncGenerator<string> {
  const body = JSON.stringify({ model: OPENAI_MODEL, stream: true, messages: [{ role: "user", content: question }] });
  const answer = await fetch(`${OPENAI_BASE_URL}/chat/completions`, { method: "POST", headers, body, signal });
  if (!answer.ok || answer.body === null) {
    throw new Error(`the model answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
  }
  for await (const line of createInterface({ input: Readable.fromWeb(answer.body) })) {
    if (!line.startsWith("data:")) continue;
    const data = line.slice("data:".length).trim();
    if (data === "[DONE]") return;
    for (const choice of (JSON.parse(data) as Chunk).choices) yield choice.delta.content ?? "";
  }
  throw new Error("the model's answer broke off");
}

async function handle(message: Message): Promise<void> {
  await message.typing();
  // An error has the event handled again: then the same message goes on growing.
  await message.streamTokens(completion(message.content, message.signal));
}

const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());

const client = new Client(POSTERN_REDIS_URL, { log: console.warn });
await client.receive(handle, { events: ["message"], signal: stop.signal });
client.close();
