// One row per item: a line to read in passing, all of it at a click.

import { clock, copyButton, h, icon } from "./dom.js";
import { pretty } from "./json.js";


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
      h("span", { class: "wire-time" }, clock(item.at)),
      h("span", { class: "wire-kind" }, icon(item.fault ? "fault" : item.kind, 12), item.kind),
      h("span", { class: "wire-head" }, item.head, this.count > 1 && ` ×${this.count}`),
      h("span", { class: "wire-says", title: item.says }, item.says ?? ""),
    );
  }

  /** Whether somebody reads it, so that it must stay what and where it is. */
  inUse() {
    return !this.#body.hidden || this.element.contains(document.activeElement);
  }

  #toggle() {
    const open = this.#body.hidden;
    this.#line.setAttribute("aria-expanded", String(open));
    this.#body.hidden = !open;
    this.#body.replaceChildren();
    if (!open) return;
    this.#fill();
    this.element.scrollIntoView({ block: "nearest" });
  }

  #fill() {
    const { stream, entry, encoding, bytes, cut, data } = this.#item;
    const about = [stream, entry, encoding && `${bytes} bytes of ${encoding}`, cut && "long values are shown in part"];
    this.#body.append(
      h("p", { class: "wire-about" }, about.filter(Boolean).join(" · ")),
      pretty(data ?? {}),
    );
  }
}
