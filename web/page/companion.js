// A module of the same origin beside the chat: the demo shows there what passes
// over the wire. web/README.md says what such a module may rely on.

import { fill, h } from "./dom.js";

const kept = 200; // frames held for a module that comes late

export class Companion {
  element = h("aside", { id: "companion", "aria-label": "Beside the chat" });
  #address;
  #listeners = new Map();
  #past = [];
  #title;

  constructor(address, { root, title }) {
    this.#address = address;
    this.#title = title;
    this.root = root;
  }

  /** Loads the module. One that fails costs its region, and nothing else. */
  async start(chat) {
    try {
      const { default: mount } = await import(this.#address);
      await mount({
        region: this.element,
        root: this.root,
        channel: () => chat().channel,
        title: (text) => this.#title(String(text)),
        on: (name, f) => this.#on(name, f),
      });
    } catch (error) {
      console.error("companion:", error);
      fill(this.element, h("p", { class: "muted" }, "What belongs here could not be loaded."));
    }
  }

  /** Tells the module, and every script on the page, of a frame or a change of the link. */
  tell(name, detail) {
    if (name === "frame") this.#past = [...this.#past, detail].slice(-kept);
    for (const f of this.#listeners.get(name) ?? []) f(detail);
    dispatchEvent(new CustomEvent(`postern:${name}`, { detail }));
  }

  #on(name, f) {
    if (name === "frame") this.#past.forEach((detail) => f(detail));
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(f));
    return () => set.delete(f);
  }
}
