// One room on the screen: header, log, field, and the thread beside it. It is
// made anew for each room that is opened.

import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { Header } from "./header.js";
import { showPicture } from "./lightbox.js";
import { Log } from "./log.js";
import { render } from "./markdown.js";
import { readable } from "./overlay.js";
import { ThreadPanel } from "./panel.js";
import { pickEmoji } from "./picker.js";
import { Typing } from "./typing.js";

const sureWithin = 4_000; // ms

export class RoomView {
  #conversation;
  #ports;
  #context;
  #pressed = {}; // by message: the button pressed last
  #panel = null;
  #over = new AbortController(); // ends its listening

  /** ports: {root, session, shelf, announcer, menu(), thread(id | null)} */
  constructor(conversation, ports) {
    [this.#conversation, this.#ports] = [conversation, ports];
    const { root, shelf, announcer } = ports;
    this.unreadFrom = shelf.get(`read/${conversation.channel}`);
    this.#context = { me: () => conversation.you.id, root, pressed: (id) => this.#pressed[id], acts: this.#acts() };
    const placeholder = conversation.channel === "dm" ? "Message" : `Message #${conversation.channel}`;
    this.composer = new Composer(conversation, { ...this.#writing(), id: "write", placeholder, onSend: () => { this.unreadFrom = null; this.log.scroll.toEnd(); this.log.update(); } });
    this.log = new Log(conversation, {
      label: "Messages", context: this.#context, unreadFrom: () => this.unreadFrom,
      empty: () => this.#empty(), onRead: (place) => shelf.set(`read/${conversation.channel}`, Math.max(place, shelf.get(`read/${conversation.channel}`, 0))),
    });
    this.header = new Header(conversation, { menu: ports.menu });
    this.banner = new Banner(conversation, announcer);
    this.element = h("main", { class: "room" }, this.header.element, this.log.element,
      h("div", { class: "dock" }, new Typing(conversation).element, this.banner.element, this.composer.element));
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && event.target.closest(".message")) this.composer.focus();
    });
    // What comes while nobody looks is new to who looks again.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.unreadFrom = conversation.room.last;
      else this.log.update();
    }, { signal: this.#over.signal });
    conversation.addEventListener("refused", ({ detail }) => this.composer.complain(detail));
    conversation.addEventListener("finished", ({ detail }) => announcer.say(`${detail.from?.name ?? ""}: ${readable(detail.text)}`));
  }

  /** Shows a thread beside the room, or none. Returns its element. */
  thread(thread) {
    if (this.#panel?.thread === thread) return this.#panel.element;
    this.#panel?.close();
    this.#panel = thread == null ? null : new ThreadPanel(this.#conversation, thread, {
      context: this.#context, composer: this.#writing(), close: () => this.#ports.thread(null),
    });
    return this.#panel?.element ?? null;
  }

  get panel() { return this.#panel; }

  /** Files dropped anywhere go where one is writing. */
  drop(files) { (this.#panel?.element.contains(document.activeElement) ? this.#panel.composer : this.composer).add(files); }

  close() {
    this.#over.abort();
    this.#panel?.close();
    this.log.close();
    this.banner.close();
    this.element.remove();
  }

  #writing() {
    const { root, session, shelf } = this.#ports;
    return { root, session, shelf };
  }

  #acts() {
    const room = this.#conversation;
    const { outbox } = room;
    return {
      reply: (record) => this.composer.reply(record),
      edit: (record) => this.composer.edit(record),
      remove: (record, beside) => this.#remove(record, beside),
      react: (record, emoji, remove) => room.react(record.id, emoji, remove),
      pick: (record, beside) => pickEmoji(beside, (sign) => room.react(record.id, sign, false)),
      press: (record, customId) => { this.#pressed[record.id] = customId; room.press(record.id, customId); },
      thread: (id) => this.#ports.thread(id),
      jump: (id) => this.#jump(id),
      show: showPicture,
      retry: (record) => outbox.retry(record.entry),
      discard: (record) => outbox.remove(record.entry),
    };
  }

  // Twice, so that one slip of the finger costs nothing.
  #remove(record, beside) {
    const button = beside.closest("button") ?? beside.querySelector(".actions .danger");
    if (button?.classList.contains("sure")) return this.#conversation.remove(record.id);
    button?.classList.add("sure");
    button?.setAttribute("aria-label", "Delete: press again to confirm");
    this.#ports.announcer.say("Press Delete again to confirm.");
    setTimeout(() => { button?.classList.remove("sure"); button?.setAttribute("aria-label", "Delete"); }, sureWithin);
  }

  async #jump(id) {
    if (await this.log.reveal(id)) return;
    this.#ports.announcer.say("That message is no longer here.");
  }

  #empty() {
    const room = this.#conversation;
    const say = (text) => h("button", { type: "button", class: "suggestion", onclick: () => { room.say(text); this.composer.focus(); } }, text);
    return [
      h("img", { src: new URL("-/icon.svg", this.#ports.root).href, alt: "", width: "44", height: "44" }),
      room.greeting ? h("div", { class: "body" }, render(room.greeting, room.you.id))
        : [h("h2", null, room.channel === "dm" ? `You and ${room.bot.name}` : "It is quiet in here"),
          h("p", { class: "muted" }, room.channel === "dm" ? "Only the two of you see this." : `Say something, or ask what ${room.bot.name} can do.`)],
      h("div", { class: "suggestions" }, say("/help"), say("Hello!")),
    ];
  }
}
