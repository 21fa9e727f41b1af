// An answer grows in its place, and ends exactly as it was sent.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

const words = "A gateway stands between your **workers** and the places where people talk. What was said is said once, however often something breaks on the way.\n\n- a node dies\n- another goes on\n\n```go\nreturn once\n```\n\nThat is all.".split(/(?<= )/);

export default async function (stage) {
  const page = await stage.open();
  await stage.say(page, "Tell me.");
  await stage.event({ event: "message", channel_id: stage.room });
  const snapshot = (seq, final) => stage.publish({ type: "stream", stream_id: `s-${stage.room}`, seq, text: words.slice(0, seq).join(""), final });

  await snapshot(3);
  const live = page.locator(".message.live");
  await live.waitFor();
  const first = await live.elementHandle();
  assert.equal(await live.locator(".body").getAttribute("aria-live"), "off", "a growing text would be read out at each snapshot");
  assert.equal(await live.locator(".growing").count(), 1);
  for (let n = 4; n < words.length - 6; n++) await snapshot(n);
  await until("the text has grown", async () => (await live.locator(".body").textContent()).includes("a node") || live.locator(".body").textContent());
  await stage.shot(page, "stream");
  assert.ok(await first.evaluate((m) => m.isConnected && m.classList.contains("live")), "the message was made anew instead of growing");

  for (let n = words.length - 6; n < words.length; n++) await snapshot(n);
  await snapshot(words.length, true);
  await until("the stream has ended", async () => (await live.count()) === 0);
  assert.ok(await first.evaluate((m) => m.isConnected));
  const bot = page.locator(".message.bot");
  assert.equal(await bot.count(), 1);
  assert.deepEqual(await bot.locator(".body > *").evaluateAll((blocks) => blocks.map((b) => [b.tagName, (b.querySelector("pre") ?? b).textContent.trim()])), [
    ["P", "A gateway stands between your workers and the places where people talk. What was said is said once, however often something breaks on the way."],
    ["UL", "a node diesanother goes on"], ["DIV", "return once"], ["P", "That is all."],
  ]);
  assert.equal(await bot.locator(".growing").count(), 0);
  await until("the whole is announced, once", async () => (await page.locator('[role="status"].hidden').textContent()).includes("That is all."));
}
