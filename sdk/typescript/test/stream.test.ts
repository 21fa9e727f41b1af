import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StreamEmpty, type Address, type Stream } from "../src/index.js";
import { eventually, Scene } from "./scene.js";

const to: Address = { platform: "chat", channel_id: "lobby" };

function rises(numbers: readonly (number | undefined)[]): void {
  for (let i = 1; i < numbers.length; i++) assert.ok(numbers[i - 1]! < numbers[i]!, String(numbers));
}

test("the final text is exact and the last", async (t) => {
  const scene = new Scene(t);
  const stream = scene.client.stream(to, { id: "s", every: 10 });
  stream.write("Once");
  await eventually("the first token is there at once", async () => (await scene.published()).length === 1);
  for (const token of [" upon", " a", " time"]) stream.write(token);
  await stream.close();
  const snapshots = await scene.published();
  assert.equal(snapshots[0]?.text, "Once");
  assert.equal(snapshots.at(-1)?.text, "Once upon a time");
  assert.deepEqual(snapshots.map(({ final }) => final ?? false), snapshots.map((_, i) => i === snapshots.length - 1));
  rises(snapshots.map(({ seq }) => seq));
  assert.ok(snapshots[0]!.seq! > 1_600_000_000_000);
  for (const snapshot of snapshots) assert.deepEqual([snapshot["type"], snapshot["stream_id"], snapshot["channel_id"]], ["stream", "s", "lobby"]);
});

test("many tokens are few snapshots", async (t) => {
  const scene = new Scene(t);
  const stream = scene.client.stream(to);
  let text = "";
  for (let n = 0; n < 1000; n++) {
    stream.write(`${n} `);
    text += `${n} `;
    await turn();
  }
  await stream.close();
  const snapshots = await scene.published();
  assert.ok(snapshots.length < 10, String(snapshots.length));
  assert.equal(snapshots.at(-1)?.text, text);
});

test("half a character waits for its other half", async (t) => {
  const scene = new Scene(t);
  const stream = scene.client.stream(to, { every: 10 });
  const [high, low] = ["🍏"[0]!, "🍏"[1]!];
  stream.write(`a${high}`);
  await eventually("the first snapshot is there", async () => (await scene.published()).length === 1);
  stream.write(low);
  await stream.close();
  const snapshots = await scene.published();
  assert.equal(snapshots[0]?.text, "a");
  assert.equal(snapshots.at(-1)?.text, "a🍏");
});

test("an error leaves it unfinished", async (t) => {
  const scene = new Scene(t);
  async function* tokens(): AsyncGenerator<string> {
    yield "Once";
    await eventually("the first token is there", async () => (await scene.published()).length === 1);
    throw new Error("cut");
  }
  await assert.rejects(scene.client.streamTokens(to, tokens()), /cut/);
  assert.deepEqual((await scene.published()).map(({ final }) => final), [undefined]);
});

test("nothing written is no message", async (t) => {
  const scene = new Scene(t);
  const stream = scene.client.stream(to);
  await assert.rejects(stream.close(), StreamEmpty);
  assert.throws(() => stream.write("late"), RangeError);
  assert.deepEqual(await scene.published(), []);
});

test("too long for an envelope", async (t) => {
  const stream = new Scene(t).client.stream(to);
  stream.write("x".repeat(1 << 20));
  await assert.rejects(stream.close(), /1048576/);
});

test("a handler that runs again goes on with the same message", async (t) => {
  const scene = new Scene(t);
  await scene.say("e1");
  scene.receive(async (message) => {
    const stream = message.stream();
    stream.write(`attempt ${message.attempt}`);
    if (message.attempt === 1) {
      await eventually("it is published", async () => (await scene.published()).length === 1);
      throw new Error("cut");
    }
    await stream.close();
  });
  await eventually("the second attempt ends it", async () => (await scene.published()).at(-1)?.final === true);
  const snapshots = await scene.published();
  assert.deepEqual(new Set(snapshots.map((s) => s["stream_id"])), new Set([`re:${scene.client.group}:e1:1`]));
  assert.equal(snapshots.at(-1)?.text, "attempt 2");
  rises(snapshots.map(({ seq }) => seq));
});

test("a handler leaves none open", async (t) => {
  const scene = new Scene(t);
  const streams: Stream[] = [];
  await scene.say("e1");
  scene.receive((message) => void streams.push(message.stream()));
  await eventually("the handler ran", () => streams.length > 0);
  await scene.allFinished();
  assert.throws(() => streams[0]!.write("late"), RangeError);
});
