// The field in which messages are written, with what belongs to one: a reply's
// quote, files, names. What is typed outlives a reload.

import { fill, h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { Mentions, withMentions, withoutMentions } from "./mentions.js";
import { readable } from "./overlay.js";
import { pickEmoji } from "./picker.js";
import { Uploads } from "./uploads.js";

/** options: {thread, root, session, shelf, id, placeholder, onSend()} */
export class Composer {
  #conversation;
  #options;
  #mentions;
  #uploads;
  #strip;
  #send;
  #mode = null; // {reply: record} or {edit: record}
  #waiting = false; // send as soon as the files are there
  #before = ""; // what was typed when an edit began

  constructor(conversation, options) {
    this.#conversation = conversation;
    this.#options = options;
    const list = `names-${options.thread ?? "room"}`;
    this.field = h("textarea", {
      id: options.id, rows: "1", dir: "auto", placeholder: options.placeholder, "aria-label": options.placeholder, autocapitalize: "sentences", enterkeyhint: "send",
      "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": list,
      oninput: () => this.#typed(), onkeydown: (event) => this.#key(event), onpaste: (event) => this.#pasted(event),
      onblur: () => this.#mentions.close(),
    });
    this.#mentions = new Mentions(this.field, () => conversation.names(), list);
    this.#uploads = new Uploads({ root: options.root, session: options.session, limits: () => conversation.limits });
    this.#uploads.addEventListener("change", () => this.#uploaded());
    const input = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-label": "Files", onchange: () => { this.#uploads.add(input.files); input.value = ""; this.field.focus(); } });
    this.#strip = h("div", { class: "strip", hidden: true });
    this.#send = iconButton("send", "Send", { class: "send", disabled: true, onclick: () => this.send() });
    this.element = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.#mentions.element, this.#strip, this.#uploads.element,
      h("div", { class: "entry" },
        iconButton("attach", "Add files", { onclick: () => input.click() }), input,
        this.field,
        iconButton("smile", "Insert an emoji", { onclick: (event) => pickEmoji(event.currentTarget, (sign) => this.#insert(sign)) }),
        this.#send));
    this.field.value = this.#draft ?? "";
    this.#fit();
  }

  focus() { this.field.focus(); }

  reply(record) { this.#begin({ reply: record }); }

  edit(record) {
    if (!this.#mode?.edit) this.#before = this.field.value;
    const { typed, picked } = withoutMentions(record.text ?? "");
    for (const [name, id] of picked) this.#mentions.picked.set(name, id);
    this.#begin({ edit: record });
    this.field.value = typed;
    this.field.setSelectionRange(typed.length, typed.length);
    this.#fit();
  }

  add(files) {
    this.#uploads.add(files);
    this.field.focus();
  }

  send() {
    const typed = this.field.value.trim();
    if (!typed && this.#uploads.count === 0) return;
    const text = withMentions(typed, this.#mentions.picked);
    const { limits } = this.#conversation;
    if (new TextEncoder().encode(text).length > limits.text) return this.complain(`This is longer than ${limits.text.toLocaleString()} bytes. Send it as a file, or in parts.`);
    if (this.#mode?.edit) {
      if (text && text !== this.#mode.edit.text) this.#conversation.edit(this.#mode.edit.id, text);
      return this.#end();
    }
    if (this.#uploads.broken) return this.complain("A file could not be uploaded: remove it, or try it again.");
    if (!this.#uploads.ready) {
      this.#waiting = true;
      return this.#enable();
    }
    this.#waiting = false;
    this.#conversation.say(text, { thread: this.#options.thread, reply_to: this.#mode?.reply, files: this.#uploads.count ? this.#uploads.take() : [] });
    this.field.value = "";
    this.#mode = null;
    this.#describe();
    this.#typed(true);
    this.#options.onSend?.();
  }

  get #draftName() { return `draft/${this.#conversation.channel}/${this.#options.thread ?? ""}`; }
  get #draft() { return this.#options.shelf.get(this.#draftName); }

  #begin(mode) {
    this.#mode = mode;
    this.#describe();
    this.#enable();
    this.field.focus();
  }

  #end() {
    if (this.#mode?.edit) this.field.value = this.#before;
    this.#mode = null;
    this.#describe();
    this.#fit();
  }

  #describe(problem = null) {
    const { reply, edit } = this.#mode ?? {};
    this.#strip.hidden = !reply && !edit && !problem;
    this.#strip.classList.toggle("problem", Boolean(problem));
    if (this.#strip.hidden) return fill(this.#strip);
    const label = problem ? [icon("alert", 16), h("span", { role: "alert" }, problem)]
      : edit ? [icon("edit", 16), h("span", null, "Editing your message")]
        : [icon("reply", 16), h("span", null, "Replying to ", h("strong", { dir: "auto" }, reply.from?.name ?? "")), h("span", { class: "excerpt", dir: "auto" }, readable(reply.text).slice(0, 140))];
    fill(this.#strip, label, iconButton("close", problem ? "Dismiss" : edit ? "Cancel editing" : "Cancel the reply", { onclick: () => { if (problem) this.#describe(); else this.#end(); this.field.focus(); } }));
  }

  /** Says above the field what went wrong. */
  complain(problem) { this.#describe(problem); }

  #typed(sent = false) {
    this.#fit();
    if (!sent) {
      this.#mentions.look();
      if (this.field.value.trim()) this.#conversation.typing(this.#options.thread);
    }
    if (!this.#mode?.edit) this.#options.shelf.set(this.#draftName, this.field.value || null);
  }

  #uploaded() {
    this.#enable();
    if (this.#waiting && this.#uploads.count === 0 && !this.field.value.trim()) this.#waiting = false;
    if (this.#waiting && this.#uploads.ready) this.send();
  }

  #enable() {
    const something = this.field.value.trim() !== "" || this.#uploads.count > 0;
    this.#send.disabled = !something;
    this.#send.classList.toggle("going", this.#waiting);
    this.#send.setAttribute("aria-label", this.#mode?.edit ? "Save" : this.#waiting ? "Sends when the files are there" : "Send");
  }

  // The field is as high as its text, within what the style sheet allows. Where
  // the style sheet alone can do that, it does.
  #fit() {
    if (!CSS.supports("field-sizing", "content")) {
      this.field.style.height = "auto";
      if (this.field.scrollHeight > 0) this.field.style.height = `${this.field.scrollHeight}px`;
    }
    this.#enable();
  }

  #insert(text) {
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.field.focus();
    this.#typed();
  }

  #key(event) {
    if (event.isComposing || this.#mentions.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && this.field.value === "") {
      const last = this.#conversation.records().findLast((r) => r.from?.id === this.#conversation.you.id && !r.deleted && !r.entry && (r.thread ?? null) === (this.#options.thread ?? null));
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    } else if (event.key === "Escape" && this.#mode) {
      event.preventDefault();
      event.stopPropagation();
      this.#end();
    }
  }

  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    this.add(files);
  }
}
