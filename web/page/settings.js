// The visitor's own: a name, and light or dark.

import { h } from "./dom.js";
import { icon, iconButton } from "./icons.js";

const themes = [["auto", "auto", "System"], ["light", "sun", "Light"], ["dark", "moon", "Dark"]];

/** Opens the dialog. ports: {name, longest, rename(name) → Promise, theme: {get, set}} */
export function openSettings({ name, longest, rename, theme }) {
  const field = h("input", { class: "field", id: "your-name", value: name, maxlength: String(longest), autocomplete: "nickname", dir: "auto" });
  const wrong = h("p", { class: "hint", role: "alert" });
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "settings-title" },
    h("form", { onsubmit: async (event) => {
      event.preventDefault();
      const wanted = field.value.trim();
      if (!wanted || wanted === name) return dialog.close();
      try {
        await rename(wanted);
        dialog.close();
      } catch (error) {
        wrong.textContent = error.message;
      }
    } },
    h("div", { class: "dialog-head" }, h("h2", { id: "settings-title" }, "You"), iconButton("close", "Close", { onclick: () => dialog.close() })),
    h("label", { for: "your-name" }, "Name"), field,
    h("p", { class: "muted" }, "What others see. Earlier messages keep the name they had."), wrong,
    h("fieldset", { class: "themes" }, h("legend", null, "Appearance"), themes.map(([value, sign, label]) => h("label", { class: "theme" },
      h("input", { type: "radio", name: "theme", value, checked: theme.get() === value, onchange: () => theme.set(value) }),
      h("span", null, icon(sign, 18), label)))),
    h("div", { class: "dialog-foot" }, h("button", { type: "submit", class: "action primary" }, "Save"))));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}
