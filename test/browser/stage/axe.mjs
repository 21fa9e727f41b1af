// axe-core on a page, without a script tag, which the page's policy refuses.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Waits until no colour is on its way to another: halfway, none can be read. */
function settled() {
  const under = document.getAnimations().filter((a) => a instanceof CSSTransition);
  return Promise.allSettled(under.map((a) => a.finished)).then(() => {});
}

/** Throws unless axe finds nothing to complain of. */
export async function accessible(page, what) {
  await page.evaluate(settled);
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  if (violations.length === 0) return;
  const told = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n${v.nodes.slice(0, 3).map((n) => `    ${n.html.slice(0, 160)}\n    ${n.failureSummary.replaceAll("\n", " ")}`).join("\n")}`);
  throw new Error(`${what}: axe finds ${violations.length}:\n${told.join("\n")}`);
}
