import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { beside, Interrupted, Permanent, type ReceiveOptions } from "../src/index.js";
import { aborted, eventually, Scene, signalled } from "./scene.js";
import { cases } from "./shared.js";

test("an event is handled and finished", async (t) => {
  const scene = new Scene(t);
  const seen: [string, number][] = [];
  await scene.say("e1");
  scene.receive((message) => void seen.push([message.content, message.attempt]));
  await eventually("it is handled", () => seen.length > 0);
  await scene.allFinished();
  assert.deepEqual(seen, [["e1", 1]]);
  assert.deepEqual(await scene.letters(), []);
});

test("one that comes while waiting wakes us", async (t) => {
  const scene = new Scene(t);
  const done = signalled();
  scene.receive(() => done.signal());
  await eventually("the group is made", async () => (await scene.redis.exists(scene.client.names.inboundStream)) === 1);
  await scene.say("e1");
  await done.promise;
});

test("only what is asked for", async (t) => {
  const scene = new Scene(t);
  const seen: string[] = [];
  await scene.say("e1", "lobby", { event: "status", state: "connected" });
  await scene.say("e2");
  scene.receive((message) => void seen.push(message.event.event_id), { events: ["message"] });
  await eventually("the message is handled", () => seen.length > 0);
  await scene.allFinished();
  assert.deepEqual(seen, ["e2"]);
});

test("one that fails is tried again and then a dead letter", async (t) => {
  const scene = new Scene(t);
  const attempts: number[] = [];
  const id = await scene.say("e1");
  scene.receive(
    (message) => {
      attempts.push(message.attempt);
      throw new Error("no luck");
    },
    { maxAttempts: 3 },
  );
  await eventually("it is a dead letter", async () => (await scene.letters()).length === 1);
  await scene.allFinished();
  assert.deepEqual(attempts, [1, 2, 3]);
  const [letter] = await scene.letters();
  assert.equal(letter?.get("original_msg_id"), id);
  assert.deepEqual(["code", "error", "attempt"].map((name) => letter?.get(name)), ["internal", "no luck", "3"]);
});

interface Letters {
  letters: { what: string; data: string; entry: Record<string, string>; permanent?: string; letter: Record<string, string> }[];
  fields: string[];
}

test("dead letters are those of every SDK", async (t) => {
  const { letters, fields } = cases<Letters>("letters");
  for (const one of letters) {
    const scene = new Scene(t);
    scene.receive(() => {
      throw new Permanent(one.permanent ?? "");
    });
    const id = await scene.add({ data: one.data, ...one.entry });
    await eventually("it is a dead letter", async () => (await scene.letters()).length === 1);
    const letter = (await scene.letters())[0]!;
    assert.deepEqual([...letter.keys()], fields, one.what);
    const want = { original_stream: scene.client.names.inboundStream, original_msg_id: id, data: one.data, ...one.letter };
    for (const [name, value] of Object.entries(want)) assert.equal(letter.get(name), value, `${one.what}: ${name}`);
  }
});

test("one conversation at a time, in order, over two workers", async (t) => {
  const scene = new Scene(t);
  const seen: Record<string, string[]> = { a: [], b: [] };
  const inside: Record<string, number> = { a: 0, b: 0 };
  let most = 0;
  for (let n = 0; n < 20; n++) {
    await scene.say(`a${n}`, "a");
    await scene.say(`b${n}`, "b");
  }
  for (const client of [scene.client, scene.connect()]) {
    scene.receive(
      async ({ event, content }) => {
        most = Math.max(most, ++inside[event.channel_id]!);
        await turn();
        seen[event.channel_id]!.push(content);
        inside[event.channel_id]!--;
      },
      {},
      client,
    );
  }
  await eventually("all are handled", () => seen["a"]!.length + seen["b"]!.length === 40);
  for (const c of ["a", "b"]) assert.deepEqual(seen[c], Array.from({ length: 20 }, (_, n) => `${c}${n}`));
  assert.equal(most, 1);
});

test("who loses the conversation is told, and publishes nothing more", async (t) => {
  const scene = new Scene(t);
  const begun = signalled();
  let refused: unknown;
  await scene.say("e1");
  scene.receive(
    async (message) => {
      begun.signal();
      await aborted(message.signal);
      refused = await message.reply("late").catch((error: unknown) => error);
    },
    { lease: 1_000 },
  );
  await begun.promise;
  await scene.redis.del(beside(scene.client.names.inboundStream, `holder:${scene.client.group}`)); // as another worker's take would after the lease
  await eventually("the late answer is refused", () => refused !== undefined);
  assert.ok(refused instanceof Interrupted, String(refused));
  assert.deepEqual(await scene.published(), []);
  assert.equal(await scene.unfinished(), 1);
});

test("what a stop interrupts is given back uncounted", async (t) => {
  const scene = new Scene(t);
  const begun = signalled();
  const attempts: number[] = [];
  await scene.say("e1");
  const { stop, ended } = scene.receive(async (message) => {
    begun.signal();
    await aborted(message.signal);
    message.signal.throwIfAborted();
  });
  await begun.promise;
  stop.abort();
  await ended;
  scene.receive((message) => void attempts.push(message.attempt), {}, scene.connect());
  await eventually("it is handled", () => attempts.length > 0);
  assert.deepEqual(attempts, [1]);
});

test("a stop waits for the handler", async (t) => {
  const scene = new Scene(t);
  const begun = signalled();
  const goOn = signalled();
  let ended = false;
  await scene.say("e1");
  const receiving = scene.receive(
    async () => {
      begun.signal();
      await goOn.promise;
    },
    { drain: 30_000 },
  );
  void receiving.ended.then(() => (ended = true));
  await begun.promise;
  receiving.stop.abort();
  await scene.redis.ping();
  assert.equal(ended, false);
  goOn.signal();
  await receiving.ended;
  assert.equal(await scene.unfinished(), 0);
});

test("options that make no sense", (t) => {
  const { client } = new Scene(t);
  const nonsense: ReceiveOptions[] = [
    { concurrency: 0 },
    { maxAttempts: 0 },
    { backoff: 2_000, maxBackoff: 1_000 },
    { lease: 500 },
    { minIdle: 1_000 },
    { drain: -1 },
  ];
  for (const options of nonsense) assert.throws(() => client.receive(() => undefined, options), RangeError, JSON.stringify(options));
});
