// The list of what passed: bounded, filtered, following its end.

import { h } from "./dom.js";
import { Row } from "./rows.js";

const most = 300; // rows
const near = 10; // rows at the end among which a stream's next snapshot finds the one before

export class List {
  #rows = [];
  #byKey = new Map(); // what may be shown in place of the one before
  #kinds = new Set();
  #words = "";
  #following = true;
  #list = h("ol", { class: "wire-rows", "aria-label": "What passes on the wire" });
  #empty = h("p", { class: "wire-empty" }, "Say something: it appears here.");
  #jump = h("button", { type: "button", class: "wire-jump", hidden: true, onclick: () => this.#toEnd() }, "To the newest ↓");
  #scroll = h("div", { class: "wire-scroll", tabindex: "0", role: "region", "aria-label": "The wire" }, this.#empty, this.#list);

  constructor() {
    this.element = h("div", { class: "wire-list" }, this.#scroll, this.#jump);
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#following && this.#toEnd()).observe(this.#scroll);
  }

  clear() {
    this.#rows = [];
    this.#byKey.clear();
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  add(item) {
    const key = sameThing(item);
    const before = key && this.#byKey.get(key);
    if (before && this.#rows.lastIndexOf(before) >= this.#rows.length - near) {
      before.show(item);
      this.#choose(before);
    } else {
      const row = new Row(item);
      if (key) this.#byKey.set(key, row);
      this.#rows.push(row);
      this.#choose(row);
      this.#list.append(row.element);
      this.#empty.hidden = true;
    }
    while (this.#rows.length > most) this.#drop(this.#rows.shift());
    if (this.#following) this.#toEnd();
    else this.#jump.hidden = false;
  }

  /** Shows only these kinds (none: all) and what has all the words. */
  filter(kinds, words) {
    this.#kinds = kinds;
    this.#words = words.trim().toLowerCase();
    for (const row of this.#rows) this.#choose(row);
    if (this.#following) this.#toEnd();
  }

  #choose(row) {
    const kind = this.#kinds.size === 0 || this.#kinds.has(row.kind);
    row.element.hidden = !kind || !this.#words.split(/\s+/).every((word) => row.text.includes(word));
  }

  #drop(row) {
    row.element.remove();
    for (const [key, held] of this.#byKey) if (held === row) this.#byKey.delete(key);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll;
    this.#following = scrollHeight - scrollTop - clientHeight < 24;
    if (this.#following) this.#jump.hidden = true;
  }

  #toEnd() {
    this.#following = true;
    this.#jump.hidden = true;
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }
}

/** A stream's snapshots, and their receipts, are one thing that changes; the last word of each stands by itself. */
function sameThing({ kind, data }) {
  if (kind === "envelope" && data?.type === "stream" && !data.final) return `stream ${data.stream_id}`;
  if (kind === "receipt" && data?.status === "superseded") return `superseded ${data.message_key}`;
  return null;
}
