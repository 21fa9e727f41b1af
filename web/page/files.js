// The files of a message: pictures are shown, all else is a card to download.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { size } from "./time.js";

/** The address of a file, if it is one of this chat's own; else null. */
export function fileAddress(url, root) {
  try {
    const address = new URL(url, root);
    return address.href.startsWith(new URL(root).href) ? address.href : null;
  } catch {
    return null;
  }
}

export function fileList(files, { root, show }) {
  return (files ?? []).map((file) => {
    const address = file.url ? fileAddress(file.url, root) : null;
    const name = String(file.filename || "file");
    if (address && file.image) return picture(name, address, show);
    const inside = [
      h("span", { class: "file-icon" }, icon("file", 22)),
      h("span", { class: "file-text" },
        h("span", { class: "file-name", dir: "auto" }, name),
        h("span", { class: "file-size" }, [kind(name, file.mimetype), file.size != null ? size(file.size) : null].filter(Boolean).join(" · "))),
    ];
    return address
      ? h("a", { class: "file", href: address, download: name }, h("span", { class: "hidden" }, "Download "), inside, icon("download", 18))
      : h("span", { class: "file" }, inside);
  });
}

function picture(name, address, show) {
  const image = h("img", { src: address, alt: name, loading: "lazy", decoding: "async" });
  const button = h("button", { type: "button", class: "picture coming", "aria-label": `Show ${name} larger`, "data-focus": `picture:${address}`, onclick: () => show({ name, address }) }, image);
  image.addEventListener("load", () => button.classList.remove("coming"));
  image.addEventListener("error", () => button.classList.replace("coming", "broken"));
  return button;
}

function kind(name, mimetype) {
  const ending = /\.([A-Za-z0-9]{1,6})$/.exec(name)?.[1];
  return ending ? ending.toUpperCase() : String(mimetype ?? "").split(";")[0];
}
