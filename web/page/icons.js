// The page's icons: strokes on a 24 × 24 grid, coloured as the text around.

import { h, svg } from "./dom.js";

const strokes = {
  send: ["M12 19V5", "M5.5 11.5 12 5l6.5 6.5"],
  attach: ["M20 11.5 12.2 19.3a5 5 0 0 1-7-7L13 4.4a3.3 3.3 0 0 1 4.7 4.7l-7.8 7.8a1.7 1.7 0 0 1-2.4-2.4l7.1-7.1"],
  smile: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M8.5 14.2a4.3 4.3 0 0 0 7 0", "M9 9.6v.1", "M15 9.6v.1"],
  reply: ["M9.5 6 4 11.5 9.5 17", "M4.5 11.5H14a6 6 0 0 1 6 6V19"],
  thread: ["M4 5.5h16v10H11l-4.5 4v-4H4Z", "M8 9.2h8", "M8 12.2h5"],
  edit: ["M4.5 19.5 5.6 15 15.8 4.8a1.8 1.8 0 0 1 2.6 0l.8.8a1.8 1.8 0 0 1 0 2.6L9 18.4Z", "m14 6.6 3.4 3.4"],
  trash: ["M4.5 6.5h15", "M9 6.3V4.5h6v1.8", "m6.5 6.7.9 12.8h9.2l.9-12.8", "M10.3 10.5v5.3", "M13.7 10.5v5.3"],
  copy: ["M9 9h10.5v10.5H9Z", "M15 9V4.5H4.5V15H9"],
  check: ["m5 12.8 4.5 4.5L19 7.5"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M12 7.5V12l3 2"],
  alert: ["M12 4 2.8 19.8h18.4Z", "M12 10v4.2", "M12 17v.1"],
  close: ["m6 6 12 12", "M18 6 6 18"],
  down: ["M12 5v14", "m5.5 12.5 6.5 6.5 6.5-6.5"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h10"],
  people: ["M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z", "M2.8 19.5a6.2 6.2 0 0 1 12.4 0", "M16 5a3.3 3.3 0 0 1 0 6.3", "M18 14.5a6 6 0 0 1 3.2 5"],
  hash: ["M9.5 4 7.5 20", "M16.5 4l-2 16", "M4.5 9h16", "M3.5 15h16"],
  message: ["M4 5.5h16v11h-8.5L7 20v-3.5H4Z"],
  plus: ["M12 5v14", "M5 12h14"],
  sun: ["M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Z", "M12 2.5v2", "M12 19.5v2", "M2.5 12h2", "M19.5 12h2", "m5.3 5.3 1.4 1.4", "m17.3 17.3 1.4 1.4", "m5.3 18.7 1.4-1.4", "m17.3 6.7 1.4-1.4"],
  moon: ["M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2Z"],
  auto: ["M4 5h16v11H4Z", "M9 20h6", "M12 16v4"],
  file: ["M6 3.5h8l4.5 4.5v12.5H6Z", "M13.8 3.7V8.2h4.5"],
  download: ["M12 4v11", "m7 10.5 5 5 5-5", "M5 20h14"],
  retry: ["M19.5 12a7.5 7.5 0 1 1-2.4-5.5", "M17.5 3v4h-4"],
  away: ["M3 9.2a13 13 0 0 1 4.2-2.7", "M21 9.2a13 13 0 0 0-9-3.6", "M6.2 12.6a8.6 8.6 0 0 1 4-2.3", "M17.8 12.6a8.6 8.6 0 0 0-1.8-1.3", "M12 18v.1", "m4 4 16 16"],
  spark: ["M12 3.5c.7 4.9 3.6 7.8 8.5 8.5-4.9.7-7.8 3.6-8.5 8.5-.7-4.9-3.6-7.8-8.5-8.5 4.9-.7 7.8-3.6 8.5-8.5Z"],
  panel: ["M4 5h16v14H4Z", "M14.5 5v14"],
  link: ["M10 14 20 4", "M14 4h6v6", "M18 14v5.5H4.5V6H10"],
};

/** An icon by its name. */
export const icon = (name, size) => svg(strokes[name], size);

/** A button that shows an icon alone, with a name for who cannot see it. */
export function iconButton(name, label, attributes = {}) {
  const { class: more = "", ...rest } = attributes;
  return h("button", { type: "button", class: `icon-button ${more}`.trim(), "aria-label": label, title: label, ...rest }, icon(name));
}
