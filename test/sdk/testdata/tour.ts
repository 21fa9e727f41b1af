// The snippets of docs/worker-typescript.md, run against a gateway.

import { BacklogError, Client, compose, DeliveryError, NoAnswer, Permanent, RPCError, type Address } from "@postern/worker";

const client = new Client(process.env["POSTERN_REDIS_URL"], { log: console.warn });

const lobby: Address = { platform: "chat", channel_id: "lobby" };
await client.publish(compose.text(lobby, "Good **morning**"));

try {
  await client.publish({
    ...compose.text(lobby, "Lunch?"),
    message_key: "lunch-2026-11-23", // delivered once, however often it is published
    expires_at: Date.now() / 1000 + 3600,
    view: [[{ label: "Yes", custom_id: "yes" }, { label: "No", custom_id: "no" }]],
  });
} catch (error) {
  if (!(error instanceof BacklogError)) throw error;
  console.log(`${error.waiting} of ${error.cap} wait for ${error.platform}`);
}

try {
  const receipt = await client.publishAndWait(compose.text(lobby, "hello"), { timeout: 10_000 });
  console.log("delivered as", receipt.message_ids);
} catch (error) {
  if (error instanceof DeliveryError) console.log("dead, expired or parked:", error.message);
  else if (error instanceof NoAnswer) console.log("no receipt yet:", error.message);
  else throw error;
}

await client.publish({
  ...compose.text(lobby, "Your order is on its way"),
  message_key: "order-17",
  receipt_to: "postern:reply:order-17",
});
// … also after a restart, for 24 hours:
const receipt = await client.wait("postern:reply:order-17");
console.log(receipt.status);

console.log(await client.call("chat", "identity", {}, { timeout: 5_000 }));
try {
  await client.call("chat", "members", { channel_id: "lobby" });
} catch (error) {
  if (!(error instanceof RPCError)) throw error;
  console.log(error.fault.code, error.fault.message);
}

async function* words(question: string): AsyncGenerator<string> {
  for (const word of ["You", " said: ", question]) yield word;
}

const stop = new AbortController();
await client.receive(
  async (message) => {
    if (message.content.length > 4000) throw new Permanent("too long for the model"); // no use trying again
    await message.typing();
    await message.streamTokens(words(message.content));
    stop.abort();
  },
  { events: ["message"], concurrency: 4, signal: stop.signal },
);

await client.publish(compose.text(lobby, "Now press, and send a file"));
const returned = new AbortController();

await client.receive(
  async (message) => {
    const { event } = message;
    if (event.event === "button") await message.reply(`${event.user_id} chose ${event.custom_id}`);
    for (const { blob, url } of event.attachments ?? []) {
      const again = blob ? { blob } : { url: url ?? "" }; // a webhook gives an address
      await message.replyWith(compose.file(event.address, again, "Here it is again"));
      returned.abort();
    }
  },
  { events: ["message", "button"], signal: returned.signal },
);
client.close();
