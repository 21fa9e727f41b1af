// The list of what passed: bounded, filtered, following its end.

import { h } from "./dom.js";
import { Row } from "./rows.js";

const most = 300; // rows

export class List {
  #rows = [];
  #byKey = new Map(); // what may be shown in place of the one before
  #kinds = new Set();
  #words = "";
  #following = true;
  #list = h("ol", { class: "wire-rows", "aria-label": "What passes on the wire" });
  #empty = h("p", { class: "wire-empty" }, "Say something: it appears here.");
  #jump = h("button", { type: "button", class: "wire-jump", hidden: true, onclick: () => this.#toEnd() }, "To the newest ↓");
  #scroll = h("div", { class: "wire-scroll", tabindex: "0", role: "group", "aria-label": "What passed" }, this.#empty, this.#list);

  constructor() {
    this.element = h("div", { class: "wire-list" }, this.#scroll, this.#jump);
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const size = new ResizeObserver(() => this.#following && this.#toEnd());
    size.observe(this.#scroll);
    size.observe(this.#list); // a row that is opened
  }

  clear() {
    this.#rows = [];
    this.#byKey.clear();
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  add(item) {
    if (item.kind === "gateway") this.#byKey.clear(); // what comes after it is seen to come after it
    const key = sameThing(item);
    const before = key && this.#byKey.get(key);
    let row = before;
    if (before && !before.inUse()) {
      before.show(item);
      this.#rows.splice(this.#rows.lastIndexOf(before), 1);
    } else {
      row = new Row(item);
      if (key) this.#byKey.set(key, row);
    }
    this.#rows.push(row);
    this.#list.append(row.element); // moves it, if it was there
    this.#choose(row);
    this.#empty.hidden = true;
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

/** A stream's snapshots are one thing that changes, and so are their receipts; the final one stands by itself. */
function sameThing({ kind, data }) {
  if (kind === "envelope" && data?.type === "stream" && !data.final) return `stream ${data.stream_id}`;
  if (kind === "receipt" && data?.message_key) return `${data.status} ${data.message_key}`;
  return null;
}
