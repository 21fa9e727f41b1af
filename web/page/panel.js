// One thread beside its room; on a phone a sheet over it.

import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { iconButton } from "./icons.js";
import { Log } from "./log.js";
import { readable } from "./overlay.js";
import { Typing } from "./typing.js";

export class ThreadPanel {
  #conversation;
  #name = h("p", { class: "status", dir: "auto" });

  /** options: as Log's and Composer's; close(). */
  constructor(conversation, thread, { context, composer, close }) {
    [this.#conversation, this.thread] = [conversation, thread];
    this.composer = new Composer(conversation, { ...composer, thread, placeholder: "Reply in the thread" });
    const acts = { ...context.acts, thread: null, reply: (r) => this.composer.reply(r), edit: (r) => this.composer.edit(r), jump: (id) => this.log.reveal(id) };
    this.log = new Log(conversation, {
      thread, label: "Messages in the thread", context: { ...context, acts },
      empty: () => h("p", { class: "muted" }, "Nothing here yet."),
    });
    this.element = h("section", { class: "panel", "aria-labelledby": "thread-title", onkeydown: (event) => { if (event.key === "Escape") close(); } },
      h("header", { class: "room-head" },
        h("div", { class: "room-title" }, h("h2", { id: "thread-title" }, "Thread"), this.#name),
        iconButton("close", "Close the thread", { onclick: close })),
      this.log.element, new Typing(conversation, thread).element, this.composer.element);
    this.onChange = () => this.#title();
    conversation.addEventListener("change", this.onChange);
    this.#title();
  }

  close() {
    this.#conversation.removeEventListener("change", this.onChange);
    this.log.close();
    this.element.remove();
  }

  #title() {
    const root = this.#conversation.get(this.thread);
    this.#name.textContent = root ? `${root.from?.name ?? ""}: ${readable(root.text).slice(0, 80)}` : this.thread;
  }
}
