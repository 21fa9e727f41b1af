// How it stands with the gateway, said above the field and only when it matters.

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";

const patience = 700; // ms: what is back by then was never away, to a person

export class Banner {
  element = h("div", { class: "banner", role: "status", hidden: true });
  #timer = 0;

  constructor(conversation, announcer) {
    const look = () => this.#look(conversation, announcer);
    conversation.addEventListener("state", look);
    conversation.addEventListener("change", () => { if (!this.element.hidden) this.#show(conversation); });
    look();
  }

  close() { clearTimeout(this.#timer); }

  #look(conversation, announcer) {
    clearTimeout(this.#timer);
    if (conversation.link.state === "open") {
      if (!this.element.hidden) announcer.say("The gateway is back.");
      this.element.hidden = true;
    } else if (this.element.hidden) {
      this.#timer = setTimeout(() => this.#show(conversation), conversation.link.state === "refused" ? 0 : patience);
    } else this.#show(conversation);
  }

  #show(conversation) {
    const { state, reason } = conversation.link;
    if (state === "open") return;
    const waiting = conversation.outbox.of(conversation.channel).filter((entry) => !entry.failed).length;
    const words = state === "refused" ? reason
      : !conversation.welcomed && state === "connecting" ? "Connecting…"
        : waiting > 0 ? `The gateway is away – ${waiting === 1 ? "1 message waits" : `${waiting} messages wait`} here and will be sent`
          : "The gateway is away – your messages wait here and will be sent";
    if (this.element.dataset.words === words && !this.element.hidden) return;
    this.element.dataset.words = words;
    this.element.dataset.state = state;
    fill(this.element, icon(state === "refused" ? "alert" : "away", 18), h("span", null, words),
      state === "refused"
        ? h("button", { type: "button", class: "text-button", onclick: () => location.reload() }, "Reload")
        : h("button", { type: "button", class: "text-button", onclick: () => conversation.link.hurry() }, "Try now"));
    this.element.hidden = false;
  }
}
