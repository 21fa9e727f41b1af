// Two visitors: they see each other in a room, and not in their direct messages.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

export default async function (stage) {
  const ann = await stage.open();
  const bo = await stage.open();
  for (const [page, name] of [[ann, "Ann"], [bo, "Bo"]]) {
    await page.getByRole("button", { name: "Your name and settings" }).click();
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Save" }).click();
    await until("the name is taken", async () => (await page.locator(".you-name").textContent()) === name);
  }
  await until("both are counted", async () => (await ann.locator(".people-button").textContent()) === "2");

  // A button that is drawn anew while it is held down is pressed all the same.
  await ann.locator(".people-button svg").hover();
  await ann.mouse.down();
  const cy = await stage.open();
  await until("the button is drawn anew", async () => (await ann.locator(".people-button").textContent()) === "3");
  await ann.mouse.up();
  await cy.close();
  await until("both are named", async () => {
    const names = (await ann.locator(".people li").allTextContents()).join(" ");
    return (/Ann/.test(names) && /Bo/.test(names)) || names;
  });
  await ann.keyboard.press("Escape");

  // Typing shows, and ends with the message.
  await bo.locator(".room textarea").pressSequentially("Hi");
  await ann.locator(".typing.on", { hasText: "Bo is typing" }).waitFor();
  await stage.say(bo, "Hi Ann");
  await stage.message(ann, "Hi Ann").and(ann.locator(":not(.own)")).waitFor();
  await until("nobody types", async () => (await ann.locator(".typing.on").count()) === 0);
  assert.match(await stage.message(ann, "Hi Ann").locator("header").textContent(), /^Bo/);

  // A mention: offered by name, sent by id, and seen by who is meant.
  await ann.locator(".room textarea").pressSequentially("Hello @b");
  await ann.getByRole("option", { name: "Bo", exact: true }).waitFor();
  const offered = await ann.getByRole("option").allTextContents();
  for (const name of offered.slice(0, offered.findIndex((text) => text.endsWith("Bo")))) {
    assert.ok(name);
    await ann.keyboard.press("ArrowDown");
  }
  await ann.keyboard.press("Enter");
  assert.equal(await ann.locator(".room textarea").inputValue(), "Hello @Bo ");
  await ann.keyboard.press("Enter");
  await bo.locator(".mention.me", { hasText: "@Bo" }).waitFor();
  await bo.locator(".message.loud").waitFor();

  // The bot's typing and presence.
  await stage.publish({ type: "typing", ttl: 30 });
  await ann.locator(".typing.on", { hasText: "Porter is typing" }).waitFor();
  await stage.publish({ type: "message", text: "Done." });
  await stage.message(ann, "Done.").waitFor();
  await until("the bot types no longer", async () => (await ann.locator(".typing.on").count()) === 0);
  await stage.publish({ channel_id: undefined, type: "presence", status: "dnd", activity: "counting" });
  await ann.locator(".status", { hasText: "Porter is busy" }).waitFor();
  await ann.locator(".status", { hasText: "counting" }).waitFor();
  await stage.publish({ channel_id: undefined, type: "presence", status: "online" });
  await ann.locator(".status", { hasText: "Porter is online" }).waitFor();

  // Direct messages are one's own.
  for (const page of [ann, bo]) {
    await page.locator(".sidebar").getByRole("link", { name: "Porter" }).click();
    await page.getByText("Only the two of you see this.").waitFor();
  }
  await stage.say(ann, "Just between us");
  const event = await stage.event({ event: "message", content: "Just between us" });
  assert.equal(event.is_dm, true);
  assert.equal(event.channel_id, `dm-${event.user_id}`);
  await stage.publish({ type: "message", ...event.address, text: "Of course." });
  await stage.message(ann, "Of course.").waitFor();
  assert.equal(await bo.locator(".message").count(), 0);
  await bo.locator(".sidebar").getByRole("link", { name: stage.room }).click();
  await stage.message(bo, "Done.").waitFor();
  assert.equal(await bo.getByText("between us").count(), 0);
}
