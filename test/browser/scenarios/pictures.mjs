// Pictures that come while one is at the newest message: the view stays there,
// and nothing is shown beside them. One toolbar at a time.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

export default async function (stage) {
  const page = await stage.open({ height: 600 });
  const drawn = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 800 });
    const brush = canvas.getContext("2d");
    for (let y = 0; y < 800; y += 40) {
      brush.fillStyle = `hsl(${y / 3} 60% 60%)`;
      brush.fillRect(0, y, 1280, 40);
    }
    return canvas.toDataURL("image/png").split(",")[1];
  });
  for (let n = 0; n < 12; n++) await stage.publish({ type: "message", text: `line ${n}` });
  await stage.message(page, "line 11").waitFor();
  for (let n = 0; n < 3; n++) await stage.publish({ type: "file", filename: `wide-${n}.png`, mimetype: "image/png", data: drawn });
  const image = page.getByRole("img", { name: "wide-2.png" });
  await until("the last picture is drawn", async () => (await image.count()) === 1 && image.evaluate((i) => i.naturalWidth === 1280 && i.closest(".picture:not(.coming)") != null));
  await until("it is in view", () => page.locator(".scroller").evaluate((s) => s.scrollHeight - s.scrollTop - s.clientHeight < 2));
  assert.equal(await page.locator(".jump").isVisible(), false);
  const widths = await image.evaluate((i) => [i.getBoundingClientRect().width, i.closest(".picture").getBoundingClientRect().width]);
  assert.deepEqual(widths, [420, 420]);
  await stage.shot(page, "pictures");

  const shown = () => page.locator(".message .actions").evaluateAll((all) => all.filter((a) => getComputedStyle(a).opacity === "1").length);
  await stage.message(page, "line 10").hover();
  await stage.message(page, "line 10").click();
  await stage.message(page, "line 11").hover();
  await until("one toolbar is shown", async () => (await shown()) === 1);
  await stage.shot(page, "toolbar");
  await page.keyboard.press("Home");
  await until("the keyboard's is", async () => (await shown()) === 1 && page.evaluate(() => getComputedStyle(document.activeElement.querySelector(".actions")).opacity === "1"));
}
