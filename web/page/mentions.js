// Names offered after an @, and what they become when the text is sent.

import { fill, h } from "./dom.js";
import { avatar } from "./avatar.js";

const offered = 6;

/** The @… that the caret stands behind: {from, query}, or null. */
export function asked(text, caret) {
  const found = /(?:^|[\s(])@([^\s@]{0,32})$/.exec(text.slice(0, caret));
  return found && { from: caret - found[1].length - 1, query: found[1].toLowerCase() };
}

/** Text as it is sent: each picked @Name as [Name](mention:id). The longest name first, lest Ann take Anna's. */
export function withMentions(text, picked) {
  const names = [...picked.keys()].sort((a, b) => b.length - a.length);
  if (names.length === 0) return text;
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.replace(new RegExp(`@(${escaped.join("|")})(?![\\p{L}\\p{N}])`, "gu"),
    (_, name) => `[${name.replace(/[[\]]/g, "")}](mention:${picked.get(name)})`);
}

/** Text for the field again, and who is meant in it. */
export function withoutMentions(text) {
  const picked = new Map();
  const typed = text.replace(/\[([^\][\n]+)\]\(mention:([^)\s]+)\)/g, (_, name, id) => {
    picked.set(name, id);
    return `@${name}`;
  });
  return { typed, picked };
}

/** The list beside the field. The field keeps the focus; arrows, Enter and Tab choose. */
export class Mentions {
  picked = new Map(); // name → id
  #field;
  #names;
  #found = [];
  #at = 0;
  #query = null;

  constructor(field, names, id) {
    [this.#field, this.#names, this.id] = [field, names, id];
    this.element = h("ul", { class: "mentions", role: "listbox", id, "aria-label": "People", hidden: true });
  }

  get open() { return !this.element.hidden; }

  look() {
    this.#query = asked(this.#field.value, this.#field.selectionStart);
    const q = this.#query?.query ?? "";
    this.#found = this.#query ? this.#names().filter((who) => who.name.toLowerCase().split(/\s+/).some((part) => part.startsWith(q)) || who.name.toLowerCase().startsWith(q)).slice(0, offered) : [];
    this.#at = 0;
    this.#draw();
  }

  close() {
    this.#found = [];
    this.#draw();
  }

  /** Takes a key, if the list is open and it is one of the list's. */
  key(event) {
    if (!this.open) return false;
    const n = this.#found.length;
    if (event.key === "ArrowDown") this.#at = (this.#at + 1) % n;
    else if (event.key === "ArrowUp") this.#at = (this.#at + n - 1) % n;
    else if (event.key === "Enter" || event.key === "Tab") return this.#take(this.#found[this.#at]), event.preventDefault(), true;
    else if (event.key === "Escape") return this.close(), event.preventDefault(), event.stopPropagation(), true;
    else return false;
    event.preventDefault();
    this.#draw();
    return true;
  }

  #take(who) {
    const { value, selectionStart } = this.#field;
    this.picked.set(who.name, who.id);
    const before = `${value.slice(0, this.#query.from)}@${who.name} `;
    this.#field.value = before + value.slice(selectionStart).replace(/^ /, "");
    this.#field.setSelectionRange(before.length, before.length);
    this.close();
    this.#field.focus();
    this.#field.dispatchEvent(new Event("input"));
  }

  #draw() {
    this.element.hidden = this.#found.length === 0;
    if (this.open) this.#field.setAttribute("aria-activedescendant", `${this.id}-${this.#at}`);
    else this.#field.removeAttribute("aria-activedescendant");
    fill(this.element, this.#found.map((who, n) => h("li", {
      role: "option", id: `${this.id}-${n}`, "aria-selected": String(n === this.#at),
      onpointerdown: (event) => { event.preventDefault(); this.#take(who); },
    }, avatar(who, "small"), h("span", { dir: "auto" }, who.name), who.bot && h("span", { class: "tag" }, "bot"))));
  }
}
