// What stands above a room: its name, how the bot is, who is here.

import { avatar } from "./avatar.js";
import { fill, h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { openPopover } from "./popover.js";

const statuses = { online: "online", idle: "idle", dnd: "busy", offline: "offline" };

export class Header {
  #conversation;
  #name = h("h1", { dir: "auto" });
  #status = h("p", { class: "status" });
  #names = h("ul"); // of who is here, in the window that tells
  #people = h("button", { type: "button", class: "people-button", hidden: true, onclick: () => this.#showPeople() });

  /** menu opens the rooms, where they are not always seen. */
  constructor(conversation, { menu }) {
    this.#conversation = conversation;
    this.element = h("header", { class: "room-head" },
      iconButton("menu", "Rooms", { class: "menu-button", onclick: menu }),
      h("div", { class: "room-title" }, this.#name, this.#status),
      this.#people);
    for (const event of ["welcome", "presence", "people", "state"]) conversation.addEventListener(event, () => this.draw());
    this.draw();
  }

  draw() {
    const { channel, bot, presence, people, link, welcomed, info } = this.#conversation;
    const direct = channel === "dm";
    fill(this.#name, direct ? null : h("span", { class: "hash", "aria-hidden": "true" }, icon("hash", 18)), direct ? bot.name : info?.name || channel);
    const away = link.state !== "open";
    const status = away ? "offline" : statuses[presence?.status] ? presence.status : "online";
    this.#status.classList.toggle("away", link.state === "away");
    const words = away ? (welcomed || link.state === "away" ? "gateway away" : "connecting") : statuses[status];
    fill(this.#status, welcomed || away ? [h("span", { class: `dot ${status}`, "aria-hidden": "true" }),
      h("span", null, away ? words : direct ? words : `${bot.name} is ${words}`),
      !away && presence?.activity && h("span", { class: "activity", dir: "auto" }, `· ${presence.activity}`)] : "\u00a0");
    this.#drawNames();
    this.#people.hidden = direct || !(people.count > 0);
    const count = people.count === 1 ? "1 person" : `${people.count} people`;
    this.#people.setAttribute("aria-label", `${count} here`);
    this.#people.title = `${count} here`;
    fill(this.#people, icon("people", 18), h("span", null, String(people.count)));
  }

  #showPeople() {
    this.#drawNames();
    openPopover(this.#people, h("div", { class: "people" }, h("h2", null, "Here now"), this.#names), { label: "People in this room" });
  }

  #drawNames() {
    const { people, you } = this.#conversation;
    fill(this.#names, people.people.map((who) => h("li", null, avatar(who, "small"), h("span", { dir: "auto" }, who.name), who.id === you.id && h("span", { class: "muted" }, "you"))),
      people.count > people.people.length && h("li", { class: "muted" }, `and ${people.count - people.people.length} more`));
  }
}
