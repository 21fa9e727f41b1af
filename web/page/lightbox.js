// One picture, as large as the window allows.

import { h } from "./dom.js";
import { icon, iconButton } from "./icons.js";

export function showPicture({ name, address }) {
  const dialog = h("dialog", { class: "lightbox", "aria-label": name, onclick: (event) => event.target.tagName !== "A" && dialog.close() },
    h("img", { src: address, alt: name }),
    h("div", { class: "lightbox-bar" },
      h("span", { dir: "auto" }, name),
      h("a", { class: "icon-button", href: address, download: name, "aria-label": `Download ${name}`, title: "Download" }, icon("download")),
      iconButton("close", "Close", { onclick: () => dialog.close() })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
