// What only a running gateway can answer.

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Client, compose, DeliveryError, RPCError, type Address, type Receipt } from "../src/index.js";
import { redisURL, signalled } from "./scene.js";

const to: Address = { platform: "hook", channel_id: "lobby" };

function connect(t: TestContext): Client {
  const client = new Client(redisURL());
  t.after(() => client.close());
  return client;
}

/** An inbound message, by the webhook platform's own door. */
async function post(event_id: string): Promise<void> {
  const event = { event: "message", channel_id: "lobby", user_id: "ann", event_id, content: "hi" };
  const answer = await fetch(process.env["TEST_HOOK_URL"]!, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(event),
  });
  assert.equal(answer.status, 202);
}

test("a receipt", async (t) => {
  const receipt = await connect(t).publishAndWait(compose.text(to, "hello"));
  assert.deepEqual([receipt.status, receipt.message_ids.length], ["delivered", 1]);
});

test("many receipts at once", async (t) => {
  const client = connect(t);
  const texts = Array.from({ length: 50 }, (_, n) => compose.text(to, `at once ${n}`));
  const receipts = await Promise.all(texts.map((text) => client.publishAndWait(text)));
  assert.deepEqual(new Set(receipts.map(({ status }) => status)), new Set(["delivered"]));
  assert.equal(new Set(receipts.map(({ entry_id }) => entry_id)).size, 50);
});

test("a dead letter", async (t) => {
  await assert.rejects(connect(t).publishAndWait(compose.text(to, "")), (error) => {
    assert.ok(error instanceof DeliveryError);
    assert.match(error.message, /dead: invalid/);
    return error.receipt.status === "dead";
  });
});

test("a key is delivered once", async (t) => {
  const client = connect(t);
  const once = { ...compose.text(to, "once"), message_key: "once" };
  const first = await client.publishAndWait(once);
  const second = await client.publishAndWait(once);
  assert.equal(second.status, "duplicate");
  assert.deepEqual(first.message_ids, second.message_ids);
});

test("calls", async (t) => {
  const client = connect(t);
  const identity = (await client.call("hook", "identity")) as { platform: string };
  assert.equal(identity.platform, "hook");
  const capabilities = (await client.call("hook", "capabilities", {})) as { types: object };
  assert.ok("message" in capabilities.types);
  await assert.rejects(client.call("hook", "identitee"), (error) => error instanceof RPCError && error.fault.code === "unknown_method");
});

test("the platform is described", async (t) => {
  const { known, kind, node } = await connect(t).platform("hook");
  assert.deepEqual([known, kind, node], [true, "webhook", "gw-1"]);
});

test("a question is answered", async (t) => {
  const client = connect(t);
  const done = signalled();
  const stop = new AbortController();
  const receipts: Receipt[] = [];
  const receiving = client.receive(
    async (message) => {
      receipts.push(await message.replyAndWait({ type: "message", text: `echo: ${message.content}` }));
      done.signal();
    },
    { events: ["message"], signal: stop.signal },
  );
  await post("q1");
  await done.promise;
  stop.abort();
  await receiving;
  assert.equal(receipts[0]?.status, "delivered");
  assert.equal(receipts[0]?.message_key, "re:postern:workers:q1:1");
});
