// 360 pixels: nothing scrolls sideways but what should, and the field is there.

import assert from "node:assert/strict";
import { furnish } from "../stage/furnish.mjs";
import { settled, until } from "../stage/stage.mjs";

export default async function (stage) {
  const page = await stage.open({ width: 360, height: 640, phone: true });
  const thread = await furnish(stage, page);
  await stage.publish({ type: "message", text: `${"Donaudampfschifffahrt".repeat(12)}\n\nhttps://example.com/${"path/".repeat(40)}\n\n\`${"x".repeat(200)}\``, view: [[{ label: "A button whose label is far longer than a phone is wide", custom_id: "a" }]] });
  await stage.message(page, "Donaudampf").waitFor();

  const fits = async (what) => {
    await settled(page);
    const { over, field } = await page.evaluate(() => ({
      over: [...document.querySelectorAll("body *")].filter((e) => {
        const box = e.getBoundingClientRect();
        return box.width > 0 && box.right > innerWidth + 1 && !e.closest("pre, .table, .hidden, .skip");
      }).map((e) => `${e.tagName}.${e.className}`),
      field: [...document.querySelectorAll("textarea")].at(-1).getBoundingClientRect().toJSON(),
    }));
    assert.deepEqual(over, [], `${what}: wider than the window`);
    assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), `${what}: scrolls sideways`);
    assert.ok(field.bottom <= 640 && field.height >= 24 && field.width > 120, `${what}: the field is out of sight: ${JSON.stringify(field)}`);
  };
  await fits("the room");
  await stage.shot(page, "phone-room");
  assert.ok(await page.locator(".code pre").evaluate((pre) => pre.scrollWidth > pre.clientWidth), "the code should scroll by itself");

  // A long text makes the field grow, and never takes the room away.
  await page.locator(".room textarea").fill("line\n".repeat(40));
  await fits("a long draft");
  assert.ok((await page.locator(".scroller").boundingBox()).height > 200);
  await page.locator(".room textarea").fill("");

  // A tap shows a message's actions.
  await stage.message(page, "Slow is smooth").locator(".side").tap();
  await until("the actions are shown", () => stage.message(page, "Slow is smooth").locator(".actions").isVisible());
  await fits("actions");

  await page.locator(`[data-id="${thread}"] .replies-link`).tap();
  await stage.message(page, "Is jitter enough", ".panel").waitFor();
  await fits("a thread");
  await page.locator(".panel").getByRole("button", { name: "Insert an emoji" }).tap();
  await page.getByRole("option").first().waitFor();
  await fits("the picker");
  await page.getByRole("option").first().tap();
  assert.equal(await page.locator(".panel textarea").inputValue(), "👍");
}
