// The snippet on another site: a button, a frame, a chat that works in it. A site
// that is not among the platform's origins cannot frame the page.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

export default async function (stage) {
  const context = await stage.browser.newContext({ viewport: { width: 1100, height: 800 } });
  const site = (channel) => ({ contentType: "text/html", body: `<!doctype html><title>A shop</title><h1>A shop</h1><script src="${stage.base}/-/embed.js" data-channel="${channel}" data-label="Ask us" defer></script>` });
  await context.route("http://embedder.test/", (route) => route.fulfill(site(stage.room)));
  await context.route("http://stranger.test/", (route) => route.fulfill(site(stage.room)));

  const page = await context.newPage();
  stage.watch(page);
  await page.goto("http://embedder.test/");
  await page.getByRole("button", { name: "Ask us" }).click();
  const frame = page.frameLocator("iframe");
  await frame.locator(".status .dot:not(.offline)").waitFor();
  assert.equal(await frame.locator(".sidebar").isVisible(), false);
  await frame.locator("textarea").fill("Is it in stock?");
  await frame.locator("textarea").press("Enter");
  const event = await stage.event({ event: "message", channel_id: stage.room });
  await stage.publish({ type: "message", ...event.address, text: "It is." });
  await frame.locator(".message.bot", { hasText: "It is." }).waitFor();
  await stage.shot(page, "embed");
  await page.reload();
  await page.getByRole("button", { name: "Ask us" }).click();
  await frame.locator(".message.own", { hasText: "in stock" }).waitFor();
  await page.getByRole("button", { name: "Close the chat" }).click();
  await until("the frame is closed", () => page.locator("iframe").isHidden());

  const stranger = await context.newPage();
  await stranger.goto("http://stranger.test/");
  const told = [];
  stranger.on("console", (message) => told.push(message.text()));
  await stranger.getByRole("button", { name: "Ask us" }).click();
  await until("the browser refuses the frame", () => told.some((text) => /frame-ancestors|refused to connect|violates/i.test(text)) || told);
  await until("the snippet says what to add", () => told.some((text) => text.includes('origins: ["http://stranger.test"]')) || told);
  assert.equal(await stranger.frameLocator("iframe").locator("textarea").count(), 0);
}
