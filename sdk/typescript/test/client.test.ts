import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../src/codec.js";
import { BacklogError, Client, compose, NoAnswer, type Address, type Envelope } from "../src/index.js";
import { redisURL, Scene } from "./scene.js";

const to: Address = { platform: "chat", channel_id: "lobby" };

test("every type is published as it is", async (t) => {
  const scene = new Scene(t);
  const envelopes: Envelope[] = [
    compose.text(to, "hello"),
    compose.file(to, { filename: "a.txt", data: Uint8Array.of(0, 255) }, "here"),
    compose.edit(to, "m1", "hi"),
    compose.delete(to, "m1"),
    compose.react(to, "m1", "👍"),
    compose.typing(to),
    compose.presence("chat", "online", "chess"),
    { type: "buttons", ...to, text: "which?", view: [{ label: "this", custom_id: "1" }] },
  ];
  for (const envelope of envelopes) await scene.client.publish(envelope);
  const published = await scene.published();
  const bytes = published[1]!["attachments"] as { data: Buffer }[];
  bytes[0]!.data = Uint8Array.from(bytes[0]!.data) as Buffer;
  assert.deepEqual(published, envelopes);
});

test("a trace is beside the envelope too", async (t) => {
  const scene = new Scene(t);
  await scene.client.publish({ ...compose.text(to, "hello"), trace_id: "t" });
  const [entry] = await scene.redis.xrange(scene.client.names.outbound("chat"), "-", "+");
  assert.deepEqual(entry?.[1].filter((_, i) => i % 2 === 0), ["data", "ts", "trace_id"]);
});

test("what names no platform is refused", async (t) => {
  await assert.rejects(new Scene(t).client.publish({ type: "message", channel_id: "lobby", text: "x" }), /platform name ""/);
});

test("what is too big is refused", async (t) => {
  await assert.rejects(new Scene(t).client.publish(compose.text(to, "x".repeat(1 << 20))), /media store/);
});

test("a backlog at its cap takes nothing", async (t) => {
  const scene = new Scene(t);
  await scene.redis.hset(scene.client.names.platform("chat"), { kind: "webchat", backlog_cap: "2", paused: "1" });
  await scene.client.publish(compose.text(to, "1"));
  await scene.client.publish(compose.text(to, "2"));
  await assert.rejects(scene.client.publish(compose.text(to, "3")), (error) => {
    assert.ok(error instanceof BacklogError);
    assert.match(error.message, /postern resume chat/);
    assert.deepEqual([error.waiting, error.cap, error.paused], [2, 2, true]);
    return true;
  });
  assert.equal((await scene.published()).length, 2);
});

test("what is known of a platform", async (t) => {
  const scene = new Scene(t);
  const nothing = { known: false, kind: "", state: "", paused: false, backlogCap: 0, node: "", capabilities: {} };
  assert.deepEqual(await scene.client.platform("other"), { name: "other", ...nothing });
  await scene.redis.hset(scene.client.names.platform("chat"), { kind: "webchat", state: "ready", node: "gw-1", capabilities: '{"a": 1}' });
  assert.deepEqual(await scene.client.platform("chat"), {
    ...nothing,
    name: "chat",
    known: true,
    kind: "webchat",
    state: "ready",
    node: "gw-1",
    capabilities: { a: 1 },
  });
});

test("nobody answers", async (t) => {
  const { client } = new Scene(t);
  await assert.rejects(client.publishAndWait(compose.text(to, "x"), { timeout: 50 }), /is a gateway running/);
  await assert.rejects(client.wait(`${client.names.namespace}:reply:x`, { timeout: 50 }), NoAnswer);
});

test("a receipt can be had later", async (t) => {
  const scene = new Scene(t);
  const list = `${scene.namespace}:reply:order-17`;
  const receipt = { entry_id: "1-0", status: "delivered", message_ids: ["m"] };
  await scene.redis.rpush(list, encode(receipt));
  assert.deepEqual(await scene.client.wait(list), receipt);
  assert.equal(await scene.redis.exists(list), 0);
});

test("names that are none", () => {
  assert.throws(() => new Client(redisURL(), { group: "a b" }), /group/);
});
