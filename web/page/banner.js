// How it stands with the gateway, said above the field and only when it matters.

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";

const patience = { connecting: 700, away: 200, refused: 0 }; // ms until it is said
const readable = 2_000; // ms that an outage is shown at least, so that it can be read
const noteFor = 3_000; // ms that its end is

const icons = { connecting: "away", away: "away", refused: "alert", back: "check" };

export class Banner {
  // Not a live region: each change is announced once, a count of messages not at all.
  element = h("div", { class: "banner", hidden: true });
  #conversation;
  #announcer;
  #shown = null; // "connecting" | "away" | "refused" | "back"
  #since = 0;
  #timer = 0;

  constructor(conversation, announcer) {
    [this.#conversation, this.#announcer] = [conversation, announcer];
    conversation.addEventListener("state", () => this.#look());
    conversation.addEventListener("change", () => { if (this.#shown) this.#write(); });
    this.#look();
  }

  close() { clearTimeout(this.#timer); }

  #look() {
    const { link: { state }, welcomed } = this.#conversation;
    if (state === "open") return this.#ends();
    const kind = state === "connecting" && welcomed ? "away" : state;
    this.#after(this.#shown === "away" || this.#shown === kind ? 0 : patience[kind], () => this.#show(kind));
  }

  #ends() {
    if (this.#shown === "away") this.#after(Math.max(0, this.#since + readable - Date.now()), () => this.#show("back"));
    else if (this.#shown === "back") this.#after(noteFor, () => this.#hide());
    else this.#after(0, () => this.#hide());
  }

  #show(kind) {
    if (this.#shown === kind) return;
    this.#shown = kind;
    this.#since = Date.now();
    this.#write();
    if (kind !== "connecting") this.#announcer.say(this.element.dataset.words);
    if (kind === "back") this.#after(noteFor, () => this.#hide());
  }

  #hide() {
    this.#shown = null;
    this.element.hidden = true;
    delete this.element.dataset.words;
  }

  #write() {
    const words = this.#words();
    if (this.element.dataset.words === words) return;
    this.element.dataset.words = words;
    this.element.dataset.state = this.#shown;
    fill(this.element, icon(icons[this.#shown], 18), h("span", null, words), this.#button());
    this.element.hidden = false;
  }

  #words() {
    switch (this.#shown) {
      case "back": return "Back – nothing was lost";
      case "refused": return this.#conversation.link.reason;
      case "connecting": return "Connecting…";
    }
    const waiting = this.#conversation.outbox.of(this.#conversation.channel).filter((entry) => !entry.failed).length;
    return waiting === 0 ? "The gateway is away – your messages wait here and will be sent"
      : `The gateway is away – ${waiting === 1 ? "1 message waits" : `${waiting} messages wait`} here and will be sent`;
  }

  #button() {
    const button = (words, onclick) => h("button", { type: "button", class: "text-button", onclick }, words);
    if (this.#shown === "refused") return button("Reload", () => location.reload());
    return this.#shown === "back" ? null : button("Try now", () => this.#conversation.link.hurry());
  }

  #after(ms, f) {
    clearTimeout(this.#timer);
    if (ms > 0) this.#timer = setTimeout(f, ms);
    else f();
  }
}
