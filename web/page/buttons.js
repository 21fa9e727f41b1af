// The rows of buttons that a worker puts below a message.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { safeAddress } from "./markdown.js";

const styles = new Set(["primary", "secondary", "success", "danger"]);

/** pressed: the custom_id this visitor pressed last; record.pressing: one on its way. */
export function buttonRows(record, pressed, press) {
  return (record.view ?? []).map((row) => h("div", { class: "button-row" }, (row ?? []).map((b) => button(record, b, pressed, press))));
}

function button(record, { label, emoji, custom_id, url, style }, pressed, press) {
  const look = `action ${styles.has(style) ? style : "secondary"}`;
  const inside = [emoji ? h("span", { class: "emoji", "aria-hidden": "true" }, String(emoji)) : null, h("span", { dir: "auto" }, String(label ?? ""))];
  if (url != null) {
    const address = safeAddress(url);
    return address
      ? h("a", { class: look, href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, inside, icon("link", 14))
      : h("span", { class: `${look} dead` }, inside);
  }
  const going = record.pressing === custom_id;
  const done = !going && pressed === custom_id;
  return h("button", {
    type: "button", class: `${look}${going ? " going" : ""}${done ? " pressed" : ""}`, "data-focus": `button:${custom_id}`,
    "aria-busy": going ? "true" : null, onclick: () => going || press(record, custom_id),
  }, inside, done ? [icon("check", 14), h("span", { class: "hidden" }, "(pressed)")] : null);
}
