// The emoji picker: a search field over a grid that the arrow keys walk.

import { fill, h } from "./dom.js";
import { find } from "./emoji.js";
import { openPopover } from "./popover.js";

const columns = 8;

/** Opens it beside an element; chosen gets the emoji. */
export function pickEmoji(beside, chosen) {
  const grid = h("div", { class: "emoji-grid", role: "listbox", "aria-label": "Emoji" });
  const search = h("input", { type: "search", class: "field", placeholder: "Find an emoji", "aria-label": "Find an emoji", autocomplete: "off" });
  const popover = openPopover(beside, h("div", { class: "picker" }, search, grid), { label: "Pick an emoji", focus: search });
  const take = (sign) => {
    popover.close();
    chosen(sign);
  };

  const show = () => {
    const found = find(search.value);
    fill(grid, found.map(({ sign, words }, n) => h("button", {
      type: "button", role: "option", "aria-selected": "false", class: "emoji", tabindex: n === 0 ? "0" : "-1",
      "aria-label": words.split(" ").slice(0, 2).join(" "), title: words.split(" ")[0], onclick: () => take(sign),
    }, sign)), found.length === 0 && h("p", { class: "muted" }, "Nothing found"));
  };
  show();
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") grid.querySelector("button")?.click();
    else if (event.key === "ArrowDown") grid.querySelector("button")?.focus();
    else return;
    event.preventDefault();
  });
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...grid.querySelectorAll("button")];
    const to = all.indexOf(document.activeElement) + step;
    if (to < 0) search.focus();
    else all[Math.min(to, all.length - 1)]?.focus();
  });
}
