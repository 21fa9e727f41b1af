// The plug is pulled in mid-answer: the answer goes on where it stopped, and its
// text is exact, once.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

export default async function (stage) {
  const page = await stage.open();
  const words = Array.from({ length: 60 }, (_, n) => `word${n}`);
  const snapshot = (seq) => stage.publish({ type: "stream", stream_id: "answer", seq, text: words.slice(0, seq).join(" "), final: seq === words.length });

  for (let seq = 1; seq <= 20; seq++) await snapshot(seq);
  await page.locator(".message.live").waitFor();
  await until("the answer has begun", async () => (await page.locator(".message.live .body").textContent()).startsWith("word0"));
  await stage.kill();
  for (let seq = 21; seq <= 50; seq++) await snapshot(seq);
  await page.locator(".banner").waitFor();
  await stage.start();
  await until("the answer goes on", async () => (await page.locator(".message .body").textContent()).includes("word49"));
  for (let seq = 51; seq <= words.length; seq++) await snapshot(seq);
  await until("the answer has ended", async () => (await page.locator(".message.live").count()) === 0);
  assert.deepEqual(await page.locator(".message .body").allTextContents(), [words.join(" ")]);
  await page.reload();
  await stage.ready(page);
  await until("it is in the history, once", async () => JSON.stringify(await page.locator(".message .body").allTextContents()) === JSON.stringify([words.join(" ")]));
}
