// Script in every field that a page shows: none runs, none becomes an element.

import assert from "node:assert/strict";
import { until } from "../stage/stage.mjs";

const script = `<img src=x onerror="alert(1)"><script>alert(2)</script><svg onload=alert(3)>`;
const png = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP8z8Dwn4GBgYmBAQoAHgQCAbFUeJMAAAAASUVORK5CYII=";

export default async function (stage) {
  const page = await stage.open();
  const refused = [];
  await page.exposeFunction("refusedByPolicy", (text) => refused.push(text));
  await page.evaluate(() => addEventListener("securitypolicyviolation", (event) => globalThis.refusedByPolicy(`${event.violatedDirective} ${event.blockedURI}`)));

  await page.getByRole("button", { name: "Your name and settings" }).click();
  await page.getByLabel("Name", { exact: true }).fill(`<b onclick=alert(4)>x</b>`);
  await page.getByRole("button", { name: "Save" }).click();
  await until("the dialog is closed", () => page.evaluate(() => !document.querySelector("dialog") || document.querySelector("dialog .hint")?.textContent));

  await stage.say(page, `${script} [a](javascript:alert(5)) [b](data:text/html,x) ![c](http://127.0.0.1:1/x.png) [d](mention:"><i>)`);
  const event = await stage.event({ event: "message", channel_id: stage.room });
  await stage.publish({
    type: "message", reply_to: event.message_id,
    text: `${script}\n\n\`\`\`${script.replaceAll(" ", "")}\n${script}\n\`\`\`\n\n| ${script} |\n|---|\n| ${script} |\n\n[x](vbscript:x) <javascript:alert(6)> [${script}](https://example.com/"onmouseover="alert(7))`,
    view: [[{ label: script, custom_id: `"><script>alert(8)</script>`, emoji: "<i>" }, { label: "go", url: "javascript:alert(9)" }]],
  });
  await stage.publish({ type: "message", text: "a picture", attachments: [{ filename: `"><script>alert(10)</script>.png`, mimetype: "image/png", data: png }, { filename: "page.html", mimetype: "text/html", data: Buffer.from(script).toString("base64") }, { filename: "v.svg", mimetype: "image/svg+xml", data: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(11)"/>`).toString("base64") }] });
  await stage.publish({ type: "reaction", message_id: event.message_id, emoji: script.slice(0, 30) });
  await stage.publish({ channel_id: undefined, type: "presence", status: "online", activity: script });
  await stage.publish({ type: "message", thread_id: "t", text: script });
  await stage.publish({ type: "message", text: "the end" });
  await stage.message(page, "the end").waitFor();

  const foreign = await page.evaluate(() => ({
    elements: [...document.querySelectorAll(".rows :is(script, iframe, object, svg[onload], b[onclick], i[class=''])")].map((e) => e.outerHTML.slice(0, 99)),
    handlers: [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))).map((e) => e.outerHTML.slice(0, 99)),
    links: [...document.querySelectorAll("a[href]")].map((a) => a.protocol).filter((p) => !["http:", "https:", "mailto:"].includes(p)),
    images: [...document.querySelectorAll("img")].map((i) => new URL(i.src).origin).filter((o) => o !== location.origin),
    styles: document.querySelectorAll("[style*='url']").length,
  }));
  assert.deepEqual(foreign, { elements: [], handlers: [], links: [], images: [], styles: 0 });
  assert.ok((await page.locator(".own .body").first().textContent()).includes("<script>alert(2)</script>"), "what was written is shown as written");
  assert.equal(await page.locator(".picture").count(), 1, "only the real picture is shown as one");

  // Files that are pages are downloaded, never opened.
  for (const name of ["page.html", "v.svg"]) {
    const href = await page.locator("a.file", { hasText: name }).getAttribute("href");
    const { disposition, sniff } = await page.evaluate(async (address) => {
      const { headers } = await fetch(address);
      return { disposition: headers.get("content-disposition"), sniff: headers.get("x-content-type-options") };
    }, href);
    assert.match(disposition ?? "", /^attachment/, `${name} would be opened in the page's own origin`);
    assert.equal(sniff, "nosniff");
  }
  assert.deepEqual(refused, [], "the content policy had something to refuse");
}
