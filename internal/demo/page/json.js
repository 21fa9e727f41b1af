// Pretty JSON as elements: keys, strings, numbers and words in colours of
// their own.

import { h } from "./dom.js";

const token = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g;

export function pretty(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const out = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > end) out.push(text.slice(end, match.index));
    const [all, string, colon] = match;
    if (colon) out.push(h("span", { class: "json-key" }, string), colon);
    else out.push(h("span", { class: string ? "json-string" : /^[tfn]/.test(all) ? "json-word" : "json-number" }, all));
    end = match.index + all.length;
  }
  out.push(text.slice(end));
  return h("pre", { class: "wire-json", tabindex: "0", role: "group", "aria-label": "JSON" }, h("code", null, out));
}
