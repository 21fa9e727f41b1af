// All of it without a pointer.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

export default async function (stage) {
  const page = await stage.open();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.tagName);
  const tabTo = async (name, key = "Tab") => {
    for (let n = 0; n < 30; n++) {
      await page.keyboard.press(key);
      if (await page.evaluate((wanted) => (document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "").startsWith(wanted), name)) return;
    }
    throw new Error(`${key} does not lead to ${name}; the focus is at ${await focused()}`);
  };

  assert.match(await focused(), /^Message #/, "one can write at once");
  await page.keyboard.type("first");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  const event = await stage.event({ event: "message", channel_id: stage.room });
  assert.equal(event.content, "first\nsecond line");
  await stage.publish({ type: "message", text: "Choose", view: [[{ label: "Left", custom_id: "left" }, { label: "Right", custom_id: "right" }]] });
  await stage.publish({ type: "message", text: "The last" });
  await stage.message(page, "The last").waitFor();

  // Back into the log: its newest message, the arrows, its actions by Tab.
  await tabTo("Porter,", "Shift+Tab");
  for (let n = 0; n < 8 && !(await page.evaluate(() => document.activeElement.matches(".message"))); n++) await page.keyboard.press("Shift+Tab");
  assert.ok(await page.evaluate(() => document.activeElement.matches(".message")));
  assert.ok(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none"), "the focus is not to be seen");
  await page.keyboard.press("ArrowUp");
  await tabTo("Left");
  await tabTo("Right");
  await page.keyboard.press("Enter");
  assert.equal((await stage.event({ event: "button", channel_id: stage.room })).custom_id, "right");
  await until("the focus stays on the button", () => page.evaluate(() => document.activeElement.textContent.startsWith("Right")));
  await tabTo("React");
  await page.keyboard.press("Enter");
  await page.keyboard.type("heart");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await stage.event({ event: "reaction", emoji: "❤️", channel_id: stage.room });
  assert.equal(await focused(), "React", "the focus comes back from the picker");
  await tabTo("Reply");
  await page.keyboard.press("Enter");
  assert.match(await focused(), /^Message #/);
  await page.keyboard.press("Escape");
  assert.equal(await page.getByText("Replying to").count(), 0);

  // Edit the last own message, and think better of it.
  await page.keyboard.press("ArrowUp");
  await page.getByText("Editing your message").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".room textarea").inputValue(), "");

  // A thread by its key, and out of it again.
  await tabTo("Porter,", "Shift+Tab");
  for (let n = 0; n < 8 && !(await page.evaluate(() => document.activeElement.matches(".message"))); n++) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("t");
  await until("the thread has the focus", async () => (await focused()) === "Reply in the thread");
  await page.keyboard.press("Escape");
  await until("the field has the focus", async () => /^Message #/.test(await focused()));

  // Another room by its name.
  assert.equal(await page.evaluate(() => document.querySelector("input:not([type=file]), textarea").id), "write", "the first field is the message's");
  await tabTo("Open a room", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await until("the focus is back on the button", () => page.evaluate(() => document.activeElement.textContent === "Open a room"));
  await page.keyboard.press("Enter");
  await page.keyboard.type("bad name!");
  await page.keyboard.press("Enter");
  await page.getByText("Letters, digits and").waitFor();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(`${stage.room}.two`);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: `${stage.room}.two` }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/chat/chat/${stage.room}.two`);
  await page.goBack();
  await stage.message(page, "The last").waitFor();
}
