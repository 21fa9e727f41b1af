// One message as DOM. It is made once, and then brought from state to state part
// by part: what did not change keeps its focus, selection and scrolling.

import { avatar } from "./avatar.js";
import { buttonRows } from "./buttons.js";
import { fill, h } from "./dom.js";
import { fileList } from "./files.js";
import { icon, iconButton } from "./icons.js";
import { patch } from "./markdown.js";
import { readable } from "./overlay.js";
import { reactionBar } from "./reactions.js";
import { dayName, machineTime, shortTime, timeOfDay, wholeTime } from "./time.js";

/**
 * context: {me() → id, root, limits, pressed(id) → custom_id, acts}; acts:
 * {reply, thread?, edit, remove, react, pick, press, show, jump, retry, discard}.
 */
export class MessageView {
  #context;
  #parts = {};
  #written = {};

  constructor(row, context) {
    this.#context = context;
    const part = (name, tag = "div", more = {}) => (this.#parts[name] = h(tag, { class: name, ...more }));
    const side = part("side");
    const text = h("div", { class: "column" }, part("head", "header"), h("div", { class: "bubble" },
      part("quote"), part("body"), part("files"), part("state")),
    part("view"), part("reactions"), part("replies"), part("actions", "div", { role: "group", "aria-label": "Message actions" }));
    this.element = h("article", { class: "message", tabindex: "-1" }, side, text);
    this.update(row);
  }

  update(row) {
    const { record, head, replies } = row;
    const me = this.#context.me();
    const own = record.from?.id === me && !record.from?.bot;
    this.record = record;
    const { element } = this;
    element.dataset.id = record.id;
    element.setAttribute("aria-label", `${own ? "You" : record.from?.name ?? ""}, ${timeOfDay(record.at)}`);
    for (const [name, on] of Object.entries({
      head, own, bot: record.from?.bot, live: record.live, waits: record.waits && !record.failed, failed: record.failed,
      deleted: record.deleted, ephemeral: record.ephemeral, loud: record.pings?.some((id) => id === me || id === "*"),
    })) element.classList.toggle(name, Boolean(on));

    this.#part("side", [head, own, record.from, record.at], () => this.#side(record, head, own));
    this.#part("head", [head, own, record.from, record.ephemeral], () => this.#head(record, head, own));
    this.#part("quote", record.deleted ? null : record.reply_to, () => this.#quote(record));
    this.#body(record, me);
    this.#part("files", record.deleted ? null : record.files, () => fileList(record.files, { root: this.#context.root, show: this.#context.acts.show }));
    this.#part("state", [own, record.at, record.edited, record.waits, record.failed, record.entry, record.live], () => this.#state(record, own));
    const pressed = this.#context.pressed(record.id);
    this.#part("view", record.deleted ? null : [record.view, record.pressing, pressed], () => buttonRows(record, pressed, this.#context.acts.press));
    this.#part("reactions", record.deleted ? null : [record.reactions, me], () => reactionBar(record, me, this.#context.acts));
    this.#part("replies", replies && [replies.count, replies.last?.at], () => this.#replies(record, replies));
    this.#part("actions", [own, record.deleted, Boolean(record.entry), record.live, record.text === ""], () => this.#actions(record, own));
  }

  // A text that grows is not read out at each snapshot: once, when it is whole,
  // the page says it in its own announcement.
  #body(record, me) {
    const { body } = this.#parts;
    body.setAttribute("aria-live", record.live ? "off" : "inherit");
    if (!record.live) body.removeAttribute("aria-live");
    if (record.deleted) {
      body.written = null;
      return this.#part("body", "deleted", () => h("p", null, "This message was deleted."));
    }
    patch(body, record.body ?? [], me);
    body.classList.toggle("jumbo", onlyEmoji(record.text) && !record.live);
    if (record.live) caret(body);
    else settle(body);
  }

  #part(name, input, build) {
    const key = JSON.stringify(input ?? null);
    if (this.#written[name] === key) return;
    this.#written[name] = key;
    const slot = this.#parts[name];
    const focused = slot.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    fill(slot, input == null ? [] : build());
    if (focused) [...slot.querySelectorAll("[data-focus]")].find((e) => e.dataset.focus === focused)?.focus({ preventScroll: true });
  }

  #side(record, head, own) {
    if (own) return [];
    return head ? avatar(record.from) : time(record.at, shortTime);
  }

  #head(record, head, own) {
    if (!head || own) return record.ephemeral ? h("span", { class: "tag" }, "Only you see this") : [];
    return [
      h("span", { class: "name", dir: "auto" }, record.from?.name || "Somebody"),
      record.from?.bot && h("span", { class: "tag" }, "bot"),
      time(record.at),
      record.ephemeral && h("span", { class: "tag" }, "Only you see this"),
    ];
  }

  #quote({ reply_to }) {
    return h("button", { type: "button", class: "quote-link", "data-focus": "quote", onclick: () => this.#context.acts.jump(reply_to.id) },
      h("span", { class: "hidden" }, "In reply to "),
      h("span", { class: "name", dir: "auto" }, reply_to.name || "a message"),
      h("span", { class: "excerpt", dir: "auto" }, reply_to.excerpt ? readable(reply_to.excerpt) : "no longer here"));
  }

  #state(record, own) {
    const { acts } = this.#context;
    if (record.failed) {
      return h("div", { class: "failure", role: "alert" }, icon("alert", 14), h("span", null, record.failed),
        h("button", { type: "button", class: "text-button", onclick: () => acts.retry(record) }, "Send again"),
        h("button", { type: "button", class: "text-button", onclick: () => acts.discard(record) }, "Discard"));
    }
    return [
      record.edited && h("span", { class: "edited" }, "edited"),
      own && time(record.at),
      own && h("span", { class: "mark", role: "img", "aria-label": record.waits ? "Waits to be sent" : "Sent", title: record.waits ? "Waits to be sent" : "Sent" },
        icon(record.waits ? "clock" : "check", 13)),
    ];
  }

  #replies(record, { count, last, from }) {
    return h("button", { type: "button", class: "replies-link", "data-focus": "replies", onclick: () => this.#context.acts.thread?.(record.id) },
      h("span", { class: "faces" }, from.slice(0, 3).map((who) => avatar(who, "tiny"))),
      h("strong", null, count === 1 ? "1 reply" : `${count} replies`),
      h("span", { class: "muted" }, `last ${dayName(last.at) === "Today" ? timeOfDay(last.at) : dayName(last.at)}`));
  }

  #actions(record, own) {
    const { acts } = this.#context;
    if (record.entry || record.deleted) return [];
    const on = (f) => (event) => f(this.record, event.currentTarget);
    return [
      iconButton("smile", "React", { onclick: on(acts.pick) }),
      iconButton("reply", "Reply", { onclick: on(acts.reply) }),
      acts.thread && iconButton("thread", "Open a thread", { onclick: on((r) => acts.thread(r.id)) }),
      own && !record.live && iconButton("edit", "Edit", { onclick: on(acts.edit) }),
      own && iconButton("trash", "Delete", { class: "danger", onclick: on(acts.remove) }),
    ];
  }
}

const time = (at, say = timeOfDay) => h("time", { datetime: machineTime(at), title: wholeTime(at) }, say(at));

const onlyEmoji = (text) => /^(?:\p{Extended_Pictographic}[\uFE0F\u200D\p{Emoji_Modifier}]*\s*){1,3}$/u.test(text ?? "");

const boxes = new Set(["P", "LI", "UL", "OL", "BLOCKQUOTE", "DIV", "PRE", "CODE"]);

// The caret stands behind the last character, however deep that lies.
function caret(body) {
  settle(body);
  let end = body;
  while (end.lastElementChild && end.lastElementChild === end.lastChild && boxes.has(end.lastElementChild.tagName)) end = end.lastElementChild;
  end.classList.add("growing");
}

function settle(body) {
  for (const element of [body, ...body.querySelectorAll(".growing")]) element.classList.remove("growing");
}
