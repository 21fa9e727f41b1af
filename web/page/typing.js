// Who is writing, below the log. Not read out: it changes too often to be news.

import { fill, h } from "./dom.js";

export class Typing {
  element = h("div", { class: "typing", "aria-hidden": "true" });

  constructor(conversation, thread = null) {
    conversation.addEventListener("typing", () => this.#show(conversation.typers(thread)));
  }

  #show(typers) {
    this.element.classList.toggle("on", typers.length > 0);
    if (typers.length === 0) return;
    const names = typers.slice(0, 2).map((who) => who.name || "Somebody");
    const words = typers.length === 1 ? `${names[0]} is typing` : typers.length === 2 ? `${names.join(" and ")} are typing` : "Several people are typing";
    fill(this.element, h("span", { class: "dots" }, h("i"), h("i"), h("i")), h("span", { dir: "auto" }, words));
  }
}
