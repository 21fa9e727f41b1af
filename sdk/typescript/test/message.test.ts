import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, Message, type Event } from "../src/index.js";
import { eventually, redisURL, Scene, signalled } from "./scene.js";
import { cases } from "./shared.js";

interface Keys {
  keys: { group: string; event_id: string; name: string; key: string }[];
}

test("keys are those of every SDK", () => {
  for (const { group, event_id, name, key } of cases<Keys>("keys").keys) {
    const client = new Client(redisURL(), { group });
    const message = new Message(client, { event_id } as Event, "1-0", 1, new AbortController().signal);
    assert.equal(message.key(name), key);
    client.close();
  }
});

test("answers go where the question came from", async (t) => {
  const scene = new Scene(t);
  const done = signalled();
  const address = { platform: "chat", channel_id: "lobby", thread_id: "th" };
  await scene.say("e1", "lobby", { address, interaction_id: "i1" });
  scene.receive(async (message) => {
    await message.typing();
    await message.reply("yes");
    await message.react("👍");
    await message.replyWith({ type: "presence", status: "online" });
    await message.replyWith({ type: "message", channel_id: "else", text: "no", message_key: "mine" });
    done.signal();
  });
  await done.promise;
  const key = `re:${scene.client.group}:e1:`;
  const to = { ...address, trace_id: "t-e1" };
  assert.deepEqual(await scene.published(), [
    { type: "typing", ...to, message_key: `${key}1` },
    { type: "message", text: "yes", ...to, message_key: `${key}2`, interaction_id: "i1" },
    { type: "reaction", message_id: "m-e1", emoji: "👍", ...to, message_key: `${key}3` },
    { type: "presence", status: "online", platform: "chat", trace_id: "t-e1", message_key: `${key}4` },
    { type: "message", platform: "chat", channel_id: "else", text: "no", message_key: "mine", trace_id: "t-e1", interaction_id: "i1" },
  ]);
});

test("a second attempt says the same again", async (t) => {
  const scene = new Scene(t);
  await scene.say("e1");
  scene.receive(async (message) => {
    await message.reply("yes");
    if (message.attempt === 1) throw new Error("too early");
  });
  await eventually("both attempts were made", async () => (await scene.published()).length === 2);
  const [first, second] = await scene.published();
  assert.deepEqual(first, second);
});
