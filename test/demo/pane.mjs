// The wire pane and the plug, as a visitor uses them: node pane.mjs, with BASE,
// CHROMIUM and ARTIFACTS as in test/browser. Status 0 only if all of it held.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { bannersOf, Stage, until } from "../browser/stage/stage.mjs";

const { resolve } = createRequire(new URL("../browser/package.json", import.meta.url));
const axe = readFileSync(resolve("axe-core/axe.min.js"), "utf8");

const stage = await Stage.open("demo");
try {
  const page = await stage.open({ path: "", width: 1360 });
  const pane = page.locator("#companion");
  const rows = (kind, text) => pane.locator(`.wire-row[data-kind=${kind}]`, { hasText: text });
  const story = pane.locator(".plug-story [role=status]");
  const plug = page.getByRole("button", { name: "Pull the plug", exact: true });

  await until("the gateway is said to run", async () => /^The gateway runs, process \d+$/.test(await story.textContent()));
  await seen("open");

  // One question and its answer, as they pass.
  await stage.say(page, "hello");
  await stage.message(page, "echo: hello").waitFor();
  for (const kind of ["event", "envelope"]) await rows(kind, "hello").waitFor();
  await rows("receipt", "delivered").waitFor();
  const order = await pane.locator(".wire-row").evaluateAll((all) => all.map((row) => row.dataset.kind));
  assert.ok(order.lastIndexOf("event") < order.indexOf("envelope") && order.indexOf("envelope") < order.indexOf("receipt"), order.join());

  // All of one, and a copy of it.
  await rows("envelope", "hello").locator(".wire-line").click();
  const shown = JSON.parse(await rows("envelope", "hello").locator("pre").textContent());
  assert.deepEqual([shown.type, shown.channel_id, shown.text], ["message", "lobby", "echo: hello"]);
  await rows("envelope", "hello").getByRole("button", { name: "Copy as JSON" }).click();
  assert.deepEqual(JSON.parse(await clipboard()), shown);
  await until("the pane says so", async () => (await rows("envelope", "hello").locator("[role=status]").textContent()) === "Copied");
  await pane.getByRole("button", { name: "Copy the command line" }).click();
  assert.match(await clipboard(), /^redis-cli -p \d+ XADD postern:outbound:chat '\*' data '\{"type":"message","channel_id":"lobby","text":"hello"\}'$/);
  await seen("opened");

  // Only some of it.
  const visible = () => pane.locator(".wire-row:visible").evaluateAll((all) => [...new Set(all.map((row) => row.dataset.kind))].join());
  await pane.getByRole("button", { name: "receipt", exact: true }).click();
  assert.equal(await visible(), "receipt");
  await pane.getByRole("button", { name: "receipt", exact: true }).click();
  await pane.getByRole("searchbox").fill("echo: HELLO");
  assert.equal(await visible(), "envelope");
  await pane.getByRole("searchbox").fill("");

  // The plug, in mid-answer.
  await stage.say(page, "/stream");
  await until("the answer grows", async () => (await page.locator(".message.live .body").textContent({ timeout: 20_000 })).length > 150);
  const banner = await bannersOf(page);
  await plug.click();
  await until("it is told that it was killed", async () => (await story.textContent()).startsWith("Killed −9 at "));
  assert.equal(await plug.isDisabled(), true);
  await banner("The gateway is away");
  await stage.say(page, "said meanwhile");
  await seen("pulled");
  await banner("Back – nothing was lost");
  await seen("back");
  await until("it is told how it came back", async () => /^Killed −9 at [\d:.]+ · back after \d+\.\d s · lease taken over after \d+\.\d s · delivery goes on$/.test(await story.textContent()));
  await until("the answer has ended", async () => (await page.locator(".message.live").count()) === 0 && (await page.getByText("nothing stands here twice").count()) === 1, 40_000);
  await stage.message(page, "echo: said meanwhile").waitFor();
  assert.equal(await stage.message(page, "A postern is the small door").count(), 1);
  assert.equal(await stage.message(page, "echo: said meanwhile").count(), 1);
  assert.equal(await plug.isEnabled(), true);
  await rows("gateway", "killed").waitFor();
  await seen("whole");
  await page.emulateMedia({ colorScheme: "dark" });
  await seen("dark");

  // A phone, where the pane is behind a tab.
  const phone = await stage.open({ path: "", width: 390, height: 780, phone: true, dark: true });
  assert.equal(await phone.locator("#companion").isVisible(), false);
  await phone.getByRole("button", { name: "Wire", exact: true }).click();
  await phone.locator("#companion .wire-row[data-kind=gateway]", { hasText: "killed" }).waitFor();
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "it is wider than the phone");
  await looks(phone, "phone");
  await phone.getByRole("button", { name: "Pull the plug", exact: true }).click();
  await until("the phone is told", async () => (await phone.locator("#companion .plug-story").textContent()).startsWith("Killed −9"));

  // What stands in the chat's place while it is away.
  await page.goto(new URL("/demo/away.html", stage.base).href);
  await page.getByRole("heading", { name: "The gateway is coming back" }).waitFor();
  await looks(page, "away", "html");

  stage.judge();

  async function clipboard() {
    return page.evaluate(() => navigator.clipboard.readText());
  }

  async function seen(name) {
    await looks(page, name);
  }
} catch (error) {
  console.error(error.stack ?? error);
  await stage.failed();
  process.exitCode = 1;
} finally {
  await stage.close();
}
process.exit();

/** Keeps a picture, and lets axe look for what shuts people out. */
async function looks(page, name, what = "#companion") {
  await stage.shot(page, `demo-${name}`);
  await page.evaluate(axe);
  const found = await page.evaluate((what) => globalThis.axe.run(what), what);
  assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join("; ")}`), [], name);
}
