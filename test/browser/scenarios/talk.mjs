// A person opens a room, speaks, is answered, reloads, and finds all as it was.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

export default async function (stage) {
  const page = await stage.open();
  await page.getByText("It is quiet in here").waitFor();
  await stage.say(page, "Hello **you**, `x < y`");

  const event = await stage.event({ event: "message", channel_id: stage.room });
  assert.equal(event.content, "Hello **you**, `x < y`");
  await stage.publish({ type: "message", ...event.address, text: `echo: ${event.content}`, reply_to: event.message_id });

  const own = stage.message(page, "Hello you, x < y").and(page.locator(".own"));
  const echo = stage.message(page, "echo: Hello you").and(page.locator(".bot"));
  await own.waitFor();
  await echo.waitFor();
  assert.equal(await own.locator("strong").textContent(), "you");
  assert.equal(await own.locator("code").textContent(), "x < y");
  await own.getByRole("img", { name: "Sent", exact: true }).waitFor();
  assert.match(await echo.locator(".quote-link").textContent(), /Hello/);
  assert.equal(await page.getByText("It is quiet in here").count(), 0);

  const texts = () => page.locator(".message .body").allTextContents();
  const before = await texts();
  assert.equal(before.length, 2);
  await page.reload();
  await stage.ready(page);
  await until("history after a reload", async () => JSON.stringify(await texts()) === JSON.stringify(before));

  // A room of many messages brings its past as one scrolls up.
  for (let n = 0; n < 80; n++) await stage.publish({ type: "message", text: `line ${n}` });
  await stage.message(page, /^line 79$/).waitFor();
  await page.reload();
  await stage.message(page, /^line 79$/).waitFor();
  assert.equal(await stage.message(page, /^line 0$/).count(), 0, "the whole past came at once");
  await until("older messages come", async () => {
    await page.locator(".scroller").evaluate((box) => box.scrollTo(0, 0));
    return (await stage.message(page, /^line 0$/).count()) === 1;
  });
  const order = (await texts()).filter((t) => t.startsWith("line "));
  assert.deepEqual(order, Array.from({ length: 80 }, (_, n) => `line ${n}`));

  // Scrolled up, one is told of what is new, and can go there.
  await page.locator(".scroller").evaluate((box) => box.scrollTo(0, 0));
  await stage.publish({ type: "message", text: "news" });
  await page.getByRole("button", { name: "1 new message" }).click();
  await until("the newest is in view", () => stage.message(page, "news").evaluate((m) => m.getBoundingClientRect().bottom <= innerHeight));
}
