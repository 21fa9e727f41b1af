// A button that is pressed comes back as an event; its answer shows.

import assert from "node:assert/strict";

export default async function (stage) {
  const page = await stage.open();
  await stage.publish({
    type: "buttons", text: "Ship it?", message_key: `ask-${stage.room}`,
    view: [[{ label: "Ship", custom_id: "ship", style: "primary", emoji: "🚀" }, { label: "Wait", custom_id: "wait" }], [{ label: "Docs", url: "https://example.com/docs" }]],
  });
  const ask = stage.message(page, "Ship it?");
  assert.equal(await ask.getByRole("link", { name: "Docs" }).getAttribute("href"), "https://example.com/docs");
  await ask.getByRole("button", { name: "Ship", exact: true }).click();

  const event = await stage.event({ event: "button", channel_id: stage.room });
  assert.equal(event.custom_id, "ship");
  assert.equal(event.message_id, await ask.getAttribute("data-id"));
  await ask.getByRole("button", { name: "Ship (pressed)" }).waitFor();
  await stage.publish({ type: "message", text: "Only you are told.", interaction_id: event.interaction_id, ephemeral: true });
  await stage.message(page, "Only you are told.").and(page.locator(".ephemeral")).waitFor();

  await stage.publish({ type: "edit", target_key: `ask-${stage.room}`, text: "Shipped.", view: [[{ label: "Undo", custom_id: "undo" }]] });
  await stage.message(page, "Shipped.").waitFor();
  assert.deepEqual(await stage.message(page, "Shipped.").locator(".action").allTextContents(), ["Undo"]);

  const other = await stage.open();
  await stage.message(other, "Shipped.").waitFor();
  assert.equal(await stage.message(other, "Only you are told.").count(), 0, "another visitor sees what was for one alone");
}
