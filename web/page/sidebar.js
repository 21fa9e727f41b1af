// The rooms this browser has been to, the direct messages, and the visitor.

import { avatar } from "./avatar.js";
import { fill, h } from "./dom.js";
import { icon, iconButton } from "./icons.js";

const roomName = /^(?!-)(?!\.+$)[A-Za-z0-9._~-]{1,64}$/;

/** ports: {title, home, shelf, address(channel) → URL, go(channel), settings(), close()} */
export class Sidebar {
  #ports;
  #rooms = h("ul", { class: "rooms-list" });
  #direct = h("ul", { class: "rooms-list" });
  #you = h("button", { type: "button", class: "you-button" });
  #title;

  constructor(ports) {
    this.#ports = ports;
    this.#title = h("span", { dir: "auto" }, ports.title);
    this.#you.addEventListener("click", () => ports.settings());
    this.element = h("nav", { class: "sidebar", "aria-label": "Rooms" },
      h("div", { class: "brand" }, h("img", { src: ports.icon, alt: "", width: "26", height: "26" }), this.#title,
        iconButton("close", "Close", { class: "drawer-close", onclick: () => ports.close() })),
      h("div", { class: "sidebar-scroll" },
        h("h2", null, "Rooms"), this.#rooms, this.#opener(),
        h("h2", null, "Direct messages"), this.#direct),
      h("div", { class: "you" }, this.#you));
  }

  // A button that becomes a field: the first field of the page is the message's.
  #opener() {
    const field = h("input", { class: "field", name: "room", placeholder: "Its name", "aria-label": "Name of a room to open", maxlength: "64", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
    const wrong = h("p", { class: "hint", role: "alert" });
    const form = h("form", { class: "open-room", onsubmit: (event) => {
      event.preventDefault();
      const name = field.value.trim().replace(/^#/, "").replace(/\s+/g, "-");
      if (!roomName.test(name)) return void (wrong.textContent = "Letters, digits and . _ ~ - only, at most 64.");
      close();
      this.#ports.go(name);
    } }, field, iconButton("plus", "Open", { type: "submit" }));
    const button = h("button", { type: "button", class: "open-button", onclick: () => { open = true; place.replaceChildren(form, wrong); field.focus(); } }, icon("plus", 16), "Open a room");
    const place = h("div", null, button);
    let open = false;
    const close = () => { // taking the field away takes its focus, which asks for this again
      if (!open) return;
      open = false;
      wrong.textContent = field.value = "";
      place.replaceChildren(button);
    };
    form.addEventListener("focusout", ({ relatedTarget }) => { if (!form.contains(relatedTarget) && !field.value) close(); });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // which would close the drawer
      close();
      button.focus();
    });
    return place;
  }

  /** Shows where the visitor is, and remembers that it was there. */
  draw(conversation) {
    const { shelf, home } = this.#ports;
    const visited = shelf.get("rooms", []).filter((name) => typeof name === "string" && roomName.test(name));
    if (conversation.channel !== "dm" && !visited.includes(conversation.channel)) shelf.set("rooms", [...visited, conversation.channel].slice(-30));
    const all = [...new Set([home, ...shelf.get("rooms", [])])].filter((name) => roomName.test(name) && name !== "dm");
    fill(this.#rooms, all.map((name) => this.#entry(name, [icon("hash", 16), h("span", { dir: "auto" }, name)], conversation.channel)));
    fill(this.#direct, this.#entry("dm", [avatar({ ...conversation.bot, bot: true }, "tiny"), h("span", { dir: "auto" }, conversation.bot.name)], conversation.channel));
    if (conversation.title) this.#title.textContent = conversation.title;
    fill(this.#you, avatar(conversation.you, "small"), h("span", { class: "you-name", dir: "auto" }, conversation.you.name || "You"), h("span", { class: "hidden" }, ", your name and settings"), icon("edit", 15));
  }

  #entry(channel, inside, current) {
    return h("li", null, h("a", {
      href: this.#ports.address(channel), "aria-current": channel === current ? "page" : null,
      onclick: (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        this.#ports.go(channel);
      },
    }, inside));
  }
}
