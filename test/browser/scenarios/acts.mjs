// What one does with messages: reply, thread, edit, delete, react; and what a
// worker does with its own.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

export default async function (stage) {
  const page = await stage.open();
  const key = `bot-${stage.room}`;
  await stage.publish({ type: "message", text: "Which colour?", message_key: key });
  const question = stage.message(page, "Which colour?");
  await question.waitFor();
  const questionId = await question.getAttribute("data-id");
  const act = async (message, name) => {
    await message.hover();
    await message.getByRole("button", { name, exact: true }).click();
  };

  // Reply, with its quote, which leads back.
  await act(question, "Reply");
  await page.getByText("Replying to Porter").waitFor();
  await stage.say(page, "Blue");
  let event = await stage.event({ event: "message", channel_id: stage.room });
  assert.equal(event.reply_to?.message_id ?? event.reply_to?.id ?? event.reply_to, questionId);
  assert.equal(event.is_addressed, true);
  const own = stage.message(page, "Blue").and(page.locator(".own"));
  await own.locator(".quote-link", { hasText: "Which colour?" }).click();
  await until("the quote led to its message", () => question.evaluate((m) => m === document.activeElement));

  // Edit: what was written comes back into the field.
  await own.getByRole("img", { name: "Sent", exact: true }).waitFor();
  await page.locator(".room textarea").press("ArrowUp");
  assert.equal(await page.locator(".room textarea").inputValue(), "Blue");
  await stage.say(page, "Blue, *dark*");
  event = await stage.event({ event: "edit", channel_id: stage.room });
  assert.equal(event.content, "Blue, *dark*");
  const edited = stage.message(page, "Blue, dark").and(page.locator(".own"));
  await edited.locator(".edited").waitFor();

  // Reactions both ways.
  await act(question, "React");
  await page.getByLabel("Find an emoji").fill("rocket");
  await page.keyboard.press("Enter");
  event = await stage.event({ event: "reaction", channel_id: stage.room });
  assert.deepEqual([event.emoji, event.message_id, Boolean(event.removed)], ["🚀", questionId, false]);
  const chip = question.locator(".reaction", { hasText: "🚀" });
  await until("the reaction is one's own", async () => (await chip.getAttribute("aria-pressed")) === "true");
  await stage.publish({ type: "reaction", message_id: questionId, emoji: "🚀" });
  await until("the bot's counts too", async () => /2$/.test(await chip.textContent()));
  await chip.click();
  event = await stage.event({ event: "reaction", channel_id: stage.room });
  assert.equal(event.removed, true);
  await until("one's own is taken back", async () => (await chip.getAttribute("aria-pressed")) === "false" && /1$/.test(await chip.textContent()));
  await stage.publish({ type: "reaction", message_id: await edited.getAttribute("data-id"), emoji: "👀" });
  await edited.locator(".reaction", { hasText: "👀" }).waitFor();

  // A thread of a message: beside the room, with an address of its own.
  await act(question, "Open a thread");
  await page.locator(".panel textarea").fill("Why not green?");
  await page.locator(".panel textarea").press("Enter");
  event = await stage.event({ event: "message", channel_id: stage.room });
  assert.equal(event.thread_id, questionId);
  await stage.publish({ type: "message", ...event.address, text: "Green it is." });
  await stage.message(page, "Green it is.", ".panel").waitFor();
  await question.locator(".replies-link", { hasText: "2 replies" }).waitFor();
  assert.equal(await stage.message(page, "Green it is.").count(), 0, "a thread's message stands in the room");
  await stage.shot(page, "thread");
  assert.equal(new URL(page.url()).pathname, `/chat/chat/${stage.room}/${questionId}`);
  await page.reload();
  await stage.message(page, "Green it is.", ".panel").waitFor();
  await page.locator(".panel textarea").press("Escape");
  await until("the thread is closed", async () => (await page.locator(".panel").count()) === 0);
  await page.goBack();
  await page.locator(".panel").waitFor();
  await page.goForward();

  // Delete asks twice.
  await act(edited, "Delete");
  await edited.getByRole("button", { name: "Delete: press again to confirm" }).click();
  event = await stage.event({ event: "delete", channel_id: stage.room });
  await page.getByText("This message was deleted.").waitFor();
  assert.equal(await stage.message(page, "Blue").count(), 0);

  // And the worker with its own.
  await stage.publish({ type: "edit", target_key: key, text: "Which colour, please?" });
  await stage.message(page, "Which colour, please?").locator(".edited").waitFor();
  await stage.publish({ type: "delete", target_key: key });
  await until("both are deleted", async () => (await page.getByText("This message was deleted.").count()) === 2);

  // Nobody touches what is somebody else's.
  const other = await stage.open();
  await stage.publish({ type: "message", text: "Mine", message_key: `mine-${stage.room}` });
  await stage.message(other, "Mine").hover();
  assert.equal(await stage.message(other, "Mine").getByRole("button", { name: "Delete" }).count(), 0);
}
