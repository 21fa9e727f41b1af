// The wire pane: what passes between chat, Redis and the bot, beside the chat.

import { copyButton, h } from "./dom.js";
import { follow } from "./feed.js";
import { List } from "./list.js";
import { Plug } from "./plug.js";

const kinds = ["event", "envelope", "receipt", "gateway"];

function filters(list) {
  const chosen = new Set();
  const words = h("input", { type: "search", class: "wire-words", placeholder: "Filter", "aria-label": "Show only what has these words", autocomplete: "off", spellcheck: "false" });
  words.addEventListener("input", () => list.filter(chosen, words.value));
  const chips = kinds.map((kind) => {
    const chip = h("button", { type: "button", class: "wire-chip", "data-kind": kind, "aria-pressed": "false" }, kind);
    chip.addEventListener("click", () => {
      if (!chosen.delete(kind)) chosen.add(kind);
      chip.setAttribute("aria-pressed", String(chosen.has(kind)));
      list.filter(chosen, words.value);
    });
    return chip;
  });
  return h("div", { class: "wire-filters" }, h("div", { class: "wire-chips", role: "group", "aria-label": "Show only" }, chips), words);
}

function terminal() {
  const line = h("code", null, "…");
  const element = h("div", { class: "wire-terminal" },
    h("p", null, "From any terminal, as any program would:"),
    h("div", { class: "wire-command" }, h("pre", null, line), copyButton("Copy the command line", () => line.textContent)));
  return { element, set: (text) => { line.textContent = text; } };
}

/** What the chat's page calls: web/README.md says what with. */
export default function mount({ region, title }) {
  title("Wire");
  const list = new List();
  const plug = new Plug();
  const shell = terminal();
  region.append(
    ...["pane", "rows"].map((name) => h("link", { rel: "stylesheet", href: `/demo/${name}.css` })),
    h("section", { class: "wire", "aria-labelledby": "wire-title" },
      h("header", { class: "wire-header" }, h("h2", { id: "wire-title" }, "The wire"), plug.button),
      plug.element,
      filters(list),
      list.element,
      shell.element),
  );
  follow({
    hello(about, another) {
      if (another) list.clear();
      shell.set(about.redis_cli);
      plug.found();
    },
    item(item) {
      list.add(item);
      plug.take(item);
    },
    lost: () => plug.lost(),
  });
}
