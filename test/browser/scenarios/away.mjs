// The gateway is killed while a person writes: all that was written is delivered
// once when it returns, also what a closed page left behind.

import assert from "node:assert/strict";
import { bannersOf, until } from "../stage/stage.mjs";

export default async function (stage) {
  const page = await stage.open();
  await stage.say(page, "before");
  await stage.event({ event: "message", content: "before" });
  await stage.message(page, "before").getByRole("img", { name: "Sent", exact: true }).waitFor();

  await stage.kill();
  await page.locator(".banner", { hasText: "The gateway is away – your messages wait here and will be sent" }).waitFor();
  await page.locator(".status", { hasText: "gateway away" }).waitFor();
  await stage.say(page, "while away");
  await stage.say(page, "and again");
  await stage.message(page, "and again").getByRole("img", { name: "Waits to be sent" }).waitFor();
  await page.locator(".banner", { hasText: "2 messages wait" }).waitFor();
  await stage.shot(page, "away");
  const waiting = await stage.message(page, "and again").elementHandle();

  const context = page.context();
  const banner = await bannersOf(page);
  await stage.start();
  await banner("Back – nothing was lost");
  await until("the banner goes", () => page.locator(".banner").isHidden());
  for (const text of ["while away", "and again"]) {
    await stage.event({ event: "message", content: text });
    const message = stage.message(page, text);
    await message.getByRole("img", { name: "Sent", exact: true }).waitFor();
    assert.equal(await message.count(), 1);
  }
  assert.ok(await waiting.evaluate((m) => m.isConnected), "a message that was sent is drawn anew");
  assert.deepEqual(await page.locator(".message .body").allTextContents(), ["before", "while away", "and again"]);

  // Left behind by a page that was closed while the gateway was away.
  await stage.kill();
  await page.locator(".banner").waitFor();
  await stage.say(page, "left behind");
  await page.locator(".room textarea").fill("half a thought");
  await page.close();
  await stage.start();
  const later = await stage.open({ context, path: "/elsewhere" });
  await stage.event({ event: "message", content: "left behind", channel_id: stage.room });
  await later.goto(`${stage.base}/${stage.room}`);
  await stage.message(later, "left behind").getByRole("img", { name: "Sent", exact: true }).waitFor();
  assert.equal(await stage.message(later, "left behind").count(), 1);
  assert.equal(await later.locator(".room textarea").inputValue(), "half a thought");
  assert.equal(await stage.count({ event: "message" }), 0, "something came twice");
}
