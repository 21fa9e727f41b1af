import { h } from "./dom.js";
import { icon } from "./icons.js";

const hues = 8; // classes hue-0 … hue-7 in tokens.css

/** A person's mark: the same id has the same colour everywhere. */
export function avatar(who, size = "") {
  const name = who?.name || "?";
  const letters = [...name.trim()].slice(0, 1).join("").toUpperCase() || "?";
  return h("span", { class: `avatar ${size} ${who?.bot ? "bot" : `hue-${hueOf(who?.id ?? name)}`}`, "aria-hidden": "true" },
    who?.bot ? icon("spark", 18) : letters);
}

function hueOf(id) {
  let hash = 0;
  for (const c of String(id)) hash = (hash * 31 + c.codePointAt(0)) >>> 0;
  return hash % hues;
}
