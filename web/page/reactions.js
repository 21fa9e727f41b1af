// The reactions below a message. Pressing one joins or leaves it.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function reactionBar(record, me, { react, pick }) {
  const reactions = record.reactions ?? [];
  if (reactions.length === 0) return [];
  const chips = reactions.map(({ emoji, by = [] }) => {
    const mine = by.some((who) => who.id === me);
    const names = by.map((who) => (who.id === me ? "you" : who.name || "somebody")).join(", ");
    return h("button", {
      type: "button", class: "chip reaction", "aria-pressed": String(mine), "data-focus": `reaction:${emoji}`,
      "aria-label": `${emoji} ${by.length}: ${names}`, title: names,
      onclick: () => react(record, emoji, mine),
    }, h("span", { class: "emoji" }, String(emoji)), h("span", null, String(by.length)));
  });
  return [...chips, h("button", {
    type: "button", class: "chip add", "aria-label": "Add a reaction", title: "Add a reaction", "data-focus": "reaction+",
    onclick: (event) => pick(record, event.currentTarget),
  }, icon("smile", 16))];
}
