// The browser, and the line to the test that does what a browser cannot.

import { createInterface } from "node:readline";
import { join } from "node:path";
import { chromium } from "playwright-core";

// A foreign site of the tests lives in the browser alone, which takes it for one
// of the internet's, that must not reach a loopback address.
const flags = ["--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export class Stage {
  complaints = []; // of the pages: errors, refusals by the content policy
  #pages = [];

  static async open(name) {
    return new Stage(name, await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags }));
  }

  constructor(name, browser) {
    this.base = process.env.BASE;
    this.room = `${name}-${process.pid}`; // rooms of a shared gateway are told apart
    [this.name, this.browser] = [name, browser];
    this.answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    this.asking = Promise.resolve();
  }

  // ---- what the test does

  publish(envelope) { return this.#ask({ do: "publish", envelope: { channel_id: this.room, ...envelope } }); }
  event(match) { return this.#ask({ do: "event", match }); }
  count(match) { return this.#ask({ do: "count", match }); }
  kill() { return this.#ask({ do: "kill" }); }
  start() { return this.#ask({ do: "start" }); }

  // ---- what a visitor does

  /** Opens a room in a browser of its own: another visitor. */
  async open({ path = `/${this.room}`, width = 1280, height = 860, dark = false, phone = false, context = null, ready = true } = {}) {
    context ??= await this.browser.newContext({
      viewport: { width, height }, colorScheme: dark ? "dark" : "light", isMobile: phone, hasTouch: phone, reducedMotion: "reduce",
      deviceScaleFactor: phone ? 2 : 1, permissions: ["clipboard-read", "clipboard-write"], locale: "en-GB",
    });
    const page = await context.newPage();
    this.watch(page);
    await page.goto(this.base + path);
    if (ready) await this.ready(page);
    return page;
  }

  /** Waits until a page has its room. */
  async ready(page) { await page.locator(".status .dot:not(.offline)").first().waitFor(); }

  async say(page, text) {
    const field = page.locator(".room .composer textarea");
    await field.fill(text);
    await field.press("Enter");
  }

  /** The messages of a room that bear a text. */
  message(page, text, within = ".room") { return page.locator(`${within} .message`, { has: page.locator(".body", { hasText: text }) }); }

  // ---- evidence

  watch(page) {
    this.#pages.push(page);
    page.on("pageerror", (error) => this.complaints.push(`error in the page: ${error.stack}`));
    page.on("console", (message) => {
      const text = message.text();
      // A socket that a killed gateway drops is what these tests are about.
      const expected = /WebSocket connection to|Failed to load resource|ERR_CONNECTION/.test(text);
      if (message.type() === "error" && !expected) this.complaints.push(`console: ${text}`);
    });
    page.on("dialog", (dialog) => {
      this.complaints.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
  }

  async shot(page, name) {
    if (process.env.ARTIFACTS) await page.screenshot({ path: join(process.env.ARTIFACTS, `${name}.png`) });
  }

  judge() {
    if (this.complaints.length > 0) throw new Error(`the pages complained:\n${this.complaints.join("\n")}`);
  }

  async failed() {
    if (this.complaints.length > 0) console.error(this.complaints.join("\n"));
    for (const [n, page] of this.#pages.entries()) {
      if (!page.isClosed()) await this.shot(page, `failed-${this.name}-${n}`).catch(() => {});
    }
  }

  close() { return this.browser.close(); }

  #ask(question) {
    this.asking = this.asking.catch(() => {}).then(async () => {
      process.stdout.write(`>${JSON.stringify(question)}\n`);
      const { value, done } = await this.answers.next();
      if (done) throw new Error("the test has gone");
      const { answer, error } = JSON.parse(value);
      if (error) throw new Error(error);
      return answer;
    });
    return this.asking;
  }
}

/** Waits until nothing that moves to a place of its own is still on its way. */
export function settled(page) {
  return page.evaluate(async () => {
    const moving = document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(moving.map((a) => a.finished));
  });
}

/** Asks until what is expected is so. */
export async function until(what, ask, within = 30_000) {
  const end = Date.now() + within;
  let last;
  do {
    last = await ask();
    if (last === true) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  } while (Date.now() < end);
  throw new Error(`${what}: not within ${within} ms; last: ${JSON.stringify(last)}`);
}

/** Has the page note what its banner says from now on: some of it stands for
 * seconds only, and a loaded machine looks late. Returns what waits for a text. */
export async function bannersOf(page) {
  await page.evaluate(() => {
    globalThis.banners = [];
    const note = () => {
      for (const b of document.querySelectorAll(".banner:not([hidden])")) globalThis.banners.push(b.textContent);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    note();
  });
  return (text) => until(`the banner said ${text}`, () => page.evaluate((text) => globalThis.banners.some((b) => b.includes(text)), text), 40_000);
}
