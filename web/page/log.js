// The log of a room, or of one thread in it: rows of the timeline as DOM, each
// kept as long as its key lives.

import { fill, h, set } from "./dom.js";
import { icon } from "./icons.js";
import { MessageView } from "./message.js";
import { Scroll } from "./scroll.js";
import { dayName, machineTime, timeOfDay } from "./time.js";
import { timeline } from "./timeline.js";

/**
 * options: {thread, label, context (of MessageView), unreadFrom() → place,
 * empty() → nodes, onRead(place)}.
 */
export class Log {
  #conversation;
  #options;
  #views = new Map(); // by row key: {element, view?, row}
  #log;
  #box;
  #jump;
  #missed = 0;
  #first = 0; // the place of the oldest record drawn
  #scheduled = false;
  #on = [];

  constructor(conversation, options) {
    this.#conversation = conversation;
    this.#options = options;
    this.#log = h("div", { class: "rows", role: "log", "aria-label": options.label, "aria-live": "polite", "aria-relevant": "additions" });
    this.#box = h("div", { class: "scroller" }, h("div", { class: "past" }), this.#log);
    this.#jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.scroll.toEnd(true) });
    this.element = h("div", { class: "log" }, this.#box, this.#jump);
    this.scroll = new Scroll(this.#box, this.#log);
    this.scroll.addEventListener("pinned", () => this.#pinned());
    this.scroll.addEventListener("top", () => this.#conversation.older());
    this.#log.addEventListener("keydown", (event) => this.#key(event));
    // Which of the two is in use: the toolbars go by it.
    for (const event of ["pointermove", "pointerdown"]) this.#log.addEventListener(event, () => document.documentElement.classList.add("pointed"), { passive: true });
    for (const event of ["keydown", "keyup"]) this.#log.addEventListener(event, () => document.documentElement.classList.remove("pointed"));
    this.#log.addEventListener("focusin", (event) => this.#rove(event.target.closest(".message")));
    this.#listen("change", () => this.update());
    this.#listen("welcome", () => this.update());
    this.#listen("arrived", (event) => this.#arrived(event.detail));
    this.draw();
  }

  close() {
    for (const [name, f] of this.#on) this.#conversation.removeEventListener(name, f);
    this.scroll.close();
  }

  /** Draws once for all changes of one frame; a hidden page has no frames. */
  update() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const draw = () => { this.#scheduled = false; this.draw(); };
    if (document.hidden) setTimeout(draw, 50);
    else requestAnimationFrame(draw);
  }

  draw() {
    const { thread = null, unreadFrom } = this.#options;
    const rows = timeline(this.#conversation.records(), { thread, unreadFrom: unreadFrom?.() ?? null, me: this.#conversation.you.id });
    // What is shown at first, or comes from the past, is not news to be read out.
    const { first } = this.#conversation.room;
    const quiet = !this.#conversation.welcomed || this.#views.size === 0 || first < this.#first;
    this.#first = first;
    set(this.#log, "aria-live", quiet ? "off" : "polite");
    this.scroll.holding(() => this.#place(rows));
    if (rows.length === 0) this.#empty();
    if (this.scroll.pinned) this.scroll.toEnd();
    this.#rove(null);
    this.#read();
  }

  /** Brings a message into view, asking for the past until it is there. */
  async reveal(id) {
    for (let tries = 0; tries < 20 && !this.#views.has(id) && this.#conversation.room.more; tries++) {
      const before = this.#conversation.room.first;
      await this.#conversation.older();
      this.draw();
      if (this.#conversation.room.first === before) break;
    }
    const element = this.#views.get(id)?.element;
    if (!element) return false;
    this.scroll.pinned = false;
    element.scrollIntoView({ block: "center" });
    element.classList.remove("found");
    requestAnimationFrame(() => element.classList.add("found"));
    element.focus({ preventScroll: true });
    return true;
  }

  /** Puts the keyboard on the newest message. */
  focusLast() { [...this.#log.querySelectorAll(".message")].at(-1)?.focus(); }

  #place(rows) {
    for (const { key } of rows) this.#adopt(key);
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, { element }] of this.#views) {
      if (keys.has(key)) continue;
      element.remove();
      this.#views.delete(key);
    }
    if (rows.length > 0) this.#log.querySelector(".empty")?.remove();
    let at = this.#log.firstChild;
    for (const row of rows) {
      const known = this.#views.get(row.key);
      const element = known ? this.#renew(known, row) : this.#make(row);
      if (element === at) at = at.nextSibling;
      else this.#log.insertBefore(element, at);
    }
  }

  // A message that waited and is now sent stays the element it was.
  #adopt(key) {
    const draft = this.#conversation.drafts.get(key);
    if (!this.#views.has(draft) || this.#views.has(key)) return;
    this.#views.set(key, this.#views.get(draft));
    this.#views.delete(draft);
  }

  #make(row) {
    const made = { row };
    if (row.kind === "message") {
      made.view = new MessageView(row, this.#options.context);
      made.element = made.view.element;
    } else {
      made.element = h("div", { class: `row ${row.kind}` });
      this.#write(made.element, row);
    }
    this.#views.set(row.key, made);
    return made.element;
  }

  #renew(known, row) {
    if (known.view) known.view.update(row);
    else if (row.kind === "thread" && row.count !== known.row.count) this.#write(known.element, row);
    known.row = row;
    return known.element;
  }

  #write(element, row) {
    if (row.kind === "day") fill(element, h("h2", null, h("time", { datetime: machineTime(row.at).slice(0, 10) }, dayName(row.at))));
    else if (row.kind === "new") fill(element, h("span", null, "New"));
    else fill(element, h("button", { type: "button", class: "thread-line", onclick: () => this.#options.context.acts.thread?.(row.thread) },
      icon("thread", 18), h("strong", { dir: "auto" }, row.thread),
      h("span", { class: "muted" }, `${row.count === 1 ? "1 message" : `${row.count} messages`} · ${timeOfDay(row.last.at)}`)));
  }

  #empty() {
    if (!this.#conversation.welcomed) return;
    if (!this.#log.querySelector(".empty")) this.#log.append(h("div", { class: "empty" }, this.#options.empty?.()));
  }

  #arrived({ ids, caughtUp }) {
    const { thread = null } = this.#options;
    const foreign = ids.map((id) => this.#conversation.room.get(id))
      .filter((r) => r && r.from?.id !== this.#conversation.you.id && (r.thread ?? null) === thread);
    const own = ids.length - foreign.length > 0 && !caughtUp;
    if (own && ids.some((id) => this.#conversation.room.get(id)?.from?.id === this.#conversation.you.id)) this.scroll.pinned = true;
    if (this.scroll.pinned) return;
    this.#missed += foreign.length;
    this.#pinned();
  }

  #pinned() {
    if (this.scroll.pinned) this.#missed = 0;
    this.#jump.hidden = this.scroll.pinned;
    const label = this.#missed === 0 ? "Jump to the newest" : this.#missed === 1 ? "1 new message" : `${this.#missed} new messages`;
    fill(this.#jump, icon("down", 16), h("span", null, label));
    this.#read();
  }

  #read() {
    if (this.scroll.pinned && !document.hidden) this.#options.onRead?.(this.#conversation.room.last);
  }

  // One message at a time is in the way of the Tab key; arrows go to the others.
  #rove(message) {
    const all = this.#log.getElementsByClassName("message");
    const stop = message ?? this.#log.querySelector(".message[tabindex='0']") ?? all[all.length - 1];
    for (const other of this.#log.querySelectorAll(".message[tabindex='0']")) if (other !== stop) other.tabIndex = -1;
    if (stop) stop.tabIndex = 0;
  }

  #key(event) {
    const message = event.target.closest(".message");
    if (!message || event.target !== message || event.altKey || event.ctrlKey || event.metaKey) return;
    const view = this.#views.get(message.dataset.id)?.view;
    const { acts } = this.#options.context;
    const all = [...this.#log.querySelectorAll(".message")];
    const at = all.indexOf(message);
    const own = message.classList.contains("own") && !view?.record.deleted && !view?.record.entry;
    const done = {
      ArrowUp: () => all[at - 1]?.focus(),
      ArrowDown: () => all[at + 1]?.focus(),
      Home: () => all[0]?.focus(),
      End: () => all.at(-1)?.focus(),
      r: () => acts.reply(view.record),
      t: () => acts.thread?.(view.record.id),
      e: () => own && acts.edit(view.record),
      "+": () => acts.pick(view.record, message),
      Delete: () => own && acts.remove(view.record, message),
    }[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  }

  #listen(name, f) {
    this.#conversation.addEventListener(name, f);
    this.#on.push([name, f]);
  }
}
