// Files both ways: a picture is shown, anything else can be downloaded, and what
// arrives is what was sent, byte for byte.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { until } from "../stage/stage.mjs";

// A 2 × 2 PNG, and bytes that are no text.
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP8z8Dwn4GBgYmBAQoAHgQCAbFUeJMAAAAASUVORK5CYII=", "base64");
const bytes = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256));

export default async function (stage) {
  const page = await stage.open();
  await page.locator(".room input[type=file]").setInputFiles([{ name: "dot <b>.png", mimeType: "image/png", buffer: png }, { name: "data.bin", mimeType: "application/octet-stream", buffer: bytes }]);
  assert.equal(await page.locator(".upload").count(), 2);
  await until("the files are uploaded", async () => (await page.locator(".upload.done").count()) === 2);
  await stage.say(page, "Two files");

  const event = await stage.event({ event: "message", channel_id: stage.room });
  assert.equal(event.content, "Two files");
  assert.deepEqual(event.attachments.map((a) => [a.filename, a.mimetype, a.size]), [["dot <b>.png", "image/png", png.length], ["data.bin", "application/octet-stream", bytes.length]]);
  const sent = stage.message(page, "Two files");
  await shown(sent.locator(".picture img"));
  assert.deepEqual(await downloaded(page, sent.locator("a.file")), bytes);

  // What came goes back, and more with it.
  await stage.publish({ type: "message", text: "Back", attachments: [{ filename: "again.png", blob: event.attachments[0].blob }] });
  await shown(stage.message(page, "Back").locator(".picture img"));
  await stage.publish({ type: "file", caption: "A report", filename: "report.pdf", mimetype: "application/pdf", data: bytes.toString("base64") });
  const report = stage.message(page, "A report");
  assert.match(await report.locator(".file").textContent(), /report\.pdf\s*PDF · 5\.0 kB/);
  assert.deepEqual(await downloaded(page, report.locator("a.file")), bytes);

  // A picture opens large, and Escape closes it.
  await stage.message(page, "Back").locator(".picture").click();
  await shown(page.locator("dialog.lightbox > img"));
  await page.keyboard.press("Escape");
  await until("the picture is closed", async () => (await page.locator("dialog").count()) === 0);

  // Dropped and pasted files are added too; one too many is taken away.
  const given = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["dropped"], "dropped.txt", { type: "text/plain" }));
    return data;
  });
  await page.dispatchEvent(".frame", "drop", { dataTransfer: given });
  await page.locator(".upload.done", { hasText: "dropped.txt" }).waitFor();
  await page.locator(".room textarea").evaluate((field, data) => field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })), given);
  await until("the pasted file is there", async () => (await page.locator(".upload.done").count()) === 2);
  await page.getByRole("button", { name: "Remove dropped.txt" }).first().click();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const last = await stage.event({ event: "message", channel_id: stage.room });
  assert.deepEqual(last.attachments.map((a) => a.filename), ["dropped.txt"]);

  await page.reload();
  await shown(stage.message(page, "Back").locator(".picture img"));
}

// shown looks the picture up anew each time: the page draws a message again when
// its connection comes back.
async function shown(image) {
  await image.waitFor();
  await until("the picture is drawn", () =>
    image.evaluate((i) => {
      i.scrollIntoView();
      return i.complete && i.naturalWidth === 2;
    }),
  );
}

async function downloaded(page, link) {
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  return readFile(await download.path());
}
