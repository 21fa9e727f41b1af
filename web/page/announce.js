// What only a screen reader is told: a streamed answer once it is whole, and how
// it stands with the gateway.

import { h } from "./dom.js";

const longest = 600; // characters read out of one answer

export class Announcer {
  element = h("div", { class: "hidden", role: "status", "aria-live": "polite" });

  say(text) {
    // The same words twice in a row are a change only if something lay between.
    this.element.textContent = "";
    setTimeout(() => { this.element.textContent = text.length > longest ? `${text.slice(0, longest)} …` : text; }, 50);
  }
}
