// One row per item: a line to read in passing, all of it at a click.

import { copyButton, h } from "./dom.js";
import { pretty } from "./json.js";

const signs = { event: "↓", envelope: "↑", receipt: "✓", gateway: "⏻" };
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 1, hourCycle: "h23" });

export class Row {
  #body;
  #item;
  #line;
  #copy;

  constructor(item) {
    const id = `wire-${item.n}`;
    this.#line = h("button", { type: "button", class: "wire-line", "aria-expanded": "false", "aria-controls": id, onclick: () => this.#toggle() });
    this.#body = h("div", { class: "wire-body", id, hidden: true });
    this.#copy = copyButton("Copy as JSON", () => JSON.stringify(this.#item.data, null, 2));
    this.element = h("li", { class: "wire-row", "data-kind": item.kind }, this.#line, this.#copy, this.#body);
    this.count = 0;
    this.show(item);
  }

  /** Shows an item in this row; a later one of the same thing takes the place of the one before. */
  show(item) {
    this.#item = item;
    this.kind = item.kind;
    this.count++;
    this.text = `${item.kind} ${item.head} ${item.says ?? ""} ${JSON.stringify(item.data)}`.toLowerCase();
    this.element.toggleAttribute("data-fault", Boolean(item.fault));
    this.#line.replaceChildren(
      h("span", { class: "wire-time" }, clock.format(item.at * 1000)),
      h("span", { class: "wire-kind" }, h("span", { "aria-hidden": "true" }, item.fault ? "!" : signs[item.kind]), ` ${item.kind}`),
      h("span", { class: "wire-head" }, item.head, this.count > 1 && ` ×${this.count}`),
      h("span", { class: "wire-says" }, item.says ?? ""),
    );
    if (!this.#body.hidden) this.#fill();
  }

  #toggle() {
    const open = this.#body.hidden;
    this.#line.setAttribute("aria-expanded", String(open));
    this.#body.hidden = !open;
    if (open) this.#fill();
    else this.#body.replaceChildren();
  }

  #fill() {
    const { stream, entry, encoding, bytes, cut, data } = this.#item;
    const about = [stream, entry, encoding && `${bytes} bytes of ${encoding}`, cut && "long values are shown in part"];
    this.#body.replaceChildren(
      h("p", { class: "wire-about" }, about.filter(Boolean).join(" · ")),
      pretty(data ?? {}),
    );
  }
}
