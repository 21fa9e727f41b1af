// The page's grid: rooms, the room shown, a thread, a companion. What of it is
// seen at once depends on the width; the style sheet decides.

import { fill, h } from "./dom.js";

export class Frame {
  #sidebar;
  #room = h("div", { class: "place-room" });
  #panel = h("div", { class: "place-panel", hidden: true });
  #tabs = null;

  constructor({ sidebar, companion, announcer, drop }) {
    const shade = h("div", { class: "shade", onclick: () => this.drawer(false) });
    this.#sidebar = sidebar;
    this.element = h("div", { class: "frame" }, sidebar, shade, this.#room, this.#panel, companion, announcer);
    this.element.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.element.classList.contains("drawer-open")) this.drawer(false); });
    if (companion) this.#addTabs();
    this.#takeDrops(drop);
  }

  room(element) { fill(this.#room, element); }

  panel(element) {
    this.#panel.hidden = element == null;
    this.element.classList.toggle("has-panel", element != null);
    if (element && element.parentNode !== this.#panel) fill(this.#panel, element);
  }

  /** The rooms, on a screen too narrow to show them always. */
  drawer(open) {
    if (this.element.classList.contains("drawer-open") === open) return;
    this.element.classList.toggle("drawer-open", open);
    if (open) this.#sidebar.querySelector("a[aria-current], a, button")?.focus();
    else this.element.querySelector(".menu-button")?.focus();
  }

  /** The name of the companion's tab. */
  tab(text) { if (this.#tabs) this.#tabs.lastChild.textContent = text; }

  /** A token is asked for where none, or a wrong one, was brought. */
  gate(reason, session, again) {
    if (this.element.querySelector(".gate")) return;
    const field = h("input", { class: "field", type: "password", name: "token", autocomplete: "current-password", required: true, "aria-label": "Access token", placeholder: "Access token" });
    const dialog = h("dialog", { class: "dialog gate", "aria-labelledby": "gate-title" },
      h("form", { onsubmit: (event) => {
        event.preventDefault();
        session.token = field.value.trim();
        dialog.close();
        dialog.remove();
        again();
      } }, h("h2", { id: "gate-title" }, "This chat cannot be entered so"), h("p", { class: "muted" }, reason), field,
      h("div", { class: "dialog-foot" }, h("button", { type: "submit", class: "action primary" }, "Enter"))));
    this.element.append(dialog);
    dialog.showModal();
  }

  #addTabs() {
    this.element.classList.add("has-companion");
    const tab = (label, beside) => h("button", {
      type: "button", class: "tab", "aria-pressed": String(!beside),
      onclick: () => {
        this.element.classList.toggle("show-companion", beside);
        for (const button of this.#tabs.children) button.setAttribute("aria-pressed", String((button !== this.#tabs.firstChild) === beside));
      },
    }, label);
    this.#tabs = h("div", { class: "tabs", role: "group", "aria-label": "What is shown" }, tab("Chat", false), tab("Beside", true));
    this.element.prepend(this.#tabs);
  }

  #takeDrops(drop) {
    let depth = 0;
    const files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const mark = (change) => { depth = Math.max(0, depth + change); this.element.classList.toggle("dropping", depth > 0); };
    addEventListener("dragenter", (event) => files(event) && mark(1));
    addEventListener("dragleave", (event) => files(event) && mark(-1));
    addEventListener("dragover", (event) => files(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      mark(-depth);
      drop([...event.dataTransfer.files]);
    });
  }
}
