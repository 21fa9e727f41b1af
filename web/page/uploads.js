// The files that a visitor adds to a message. Each is uploaded as soon as it is
// added; the message waits until all are there.

import { fill, h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { size } from "./time.js";

const triesAgain = 4;

/** Events: "change". */
export class Uploads extends EventTarget {
  #root;
  #session;
  #limits;
  #items = [];

  constructor({ root, session, limits }) {
    super();
    [this.#root, this.#session, this.#limits] = [root, session, limits];
    this.element = h("ul", { class: "uploads", "aria-label": "Files to send", hidden: true });
  }

  get count() { return this.#items.length; }
  get ready() { return this.#items.every((item) => item.state === "done"); }
  get broken() { return this.#items.some((item) => item.state === "failed"); }

  /** What was uploaded, as `files` of a record, blob included. */
  take() {
    const files = this.#items.map((item) => item.answer);
    this.clear();
    return files;
  }

  clear() {
    for (const item of this.#items) {
      item.request?.abort();
      if (item.preview) URL.revokeObjectURL(item.preview);
    }
    this.#items = [];
    this.#draw();
  }

  add(files) {
    const limits = this.#limits();
    for (const file of files) {
      const item = { file, name: file.name || "pasted.png", state: "going", done: 0, tries: 0 };
      if (this.#items.length >= limits.files) Object.assign(item, { state: "failed", why: `At most ${limits.files} files a message` });
      else if (file.size > limits.file) Object.assign(item, { state: "failed", why: `Larger than ${size(limits.file)}` });
      if (file.type.startsWith("image/") && file.type !== "image/svg+xml") item.preview = URL.createObjectURL(file);
      this.#items.push(item);
      if (item.state === "going") this.#send(item);
    }
    this.#draw();
  }

  // XMLHttpRequest: fetch tells nothing of how far an upload is.
  #send(item) {
    const request = (item.request = new XMLHttpRequest());
    const address = new URL("-/files", this.#root);
    address.searchParams.set("name", item.name);
    request.open("POST", address);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", item.file.type || "application/octet-stream");
    if (this.#session.held) request.setRequestHeader("X-Postern-Session", this.#session.held);
    request.upload.onprogress = (event) => {
      item.done = event.total ? event.loaded / event.total : 0;
      item.bar && (item.bar.value = item.done);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300 && request.response?.blob) Object.assign(item, { state: "done", answer: request.response });
      else if ((request.status === 429 || request.status >= 500) && item.tries++ < triesAgain) return this.#later(item);
      else Object.assign(item, { state: "failed", why: request.response?.error?.message ?? `Refused with status ${request.status}` });
      this.#draw();
    };
    request.onerror = () => (item.tries++ < triesAgain ? this.#later(item) : (Object.assign(item, { state: "failed", why: "The gateway is away" }), this.#draw()));
    request.send(item.file);
  }

  #later(item) {
    setTimeout(() => this.#items.includes(item) && this.#send(item), 500 * 2 ** item.tries);
  }

  #remove(item) {
    item.request?.abort();
    if (item.preview) URL.revokeObjectURL(item.preview);
    this.#items = this.#items.filter((other) => other !== item);
    this.#draw();
  }

  #draw() {
    this.element.hidden = this.#items.length === 0;
    fill(this.element, this.#items.map((item) => {
      item.bar = item.state === "going" ? h("progress", { max: "1", value: String(item.done), "aria-label": `Uploading ${item.name}` }) : null;
      return h("li", { class: `upload ${item.state}` },
        item.preview ? h("img", { src: item.preview, alt: "" }) : h("span", { class: "file-icon" }, icon("file", 18)),
        h("span", { class: "file-text" },
          h("span", { class: "file-name", dir: "auto" }, item.name),
          item.bar ?? h("span", { class: "file-size" }, item.why ?? size(item.file.size))),
        item.state === "failed" && item.request && iconButton("retry", `Upload ${item.name} again`, { onclick: () => { Object.assign(item, { state: "going", why: null, tries: 0 }); this.#send(item); this.#draw(); } }),
        iconButton("close", `Remove ${item.name}`, { onclick: () => this.#remove(item) }));
    }));
    this.dispatchEvent(new Event("change"));
  }
}
