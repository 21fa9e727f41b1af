// As much of a DOM as the page's markdown module touches, and none that parses:
// an element exists only if somebody made it.

class Node_ {
  constructor(type) { this.nodeType = type; }
}

class Text_ extends Node_ {
  constructor(text) { super(3); this.data = String(text); }
  get textContent() { return this.data; }
}

class Element_ extends Node_ {
  childNodes = [];
  attributes = {};
  listeners = {};
  constructor(tag) {
    super(1);
    this.tagName = tag.toUpperCase();
    this.classList = { add: (name) => { this.attributes.class = `${this.attributes.class ?? ""} ${name}`.trim(); } };
  }
  append(...nodes) { for (const n of nodes) this.childNodes.push(Object.assign(typeof n === "string" ? new Text_(n) : n, { parent: this })); }
  replaceChildren() { this.childNodes = []; }
  remove() { this.parent.childNodes = this.parent.childNodes.filter((n) => n !== this); }
  setAttribute(name, value) { this.attributes[name] = value; }
  removeAttribute(name) { delete this.attributes[name]; }
  addEventListener(name, f) { this.listeners[name] = f; }
  get lastChild() { return this.childNodes.at(-1); }
  get children() { return this.childNodes.filter((n) => n.nodeType === 1); }
  get textContent() { return this.childNodes.map((n) => n.textContent).join(""); }
  querySelector(tag) {
    for (const child of this.children) {
      if (child.tagName === tag.toUpperCase()) return child;
      const found = child.querySelector(tag);
      if (found) return found;
    }
    return null;
  }
  set innerHTML(_) { throw new Error("innerHTML is set"); }
  set outerHTML(_) { throw new Error("outerHTML is set"); }
}

globalThis.document = {
  createElement: (tag) => new Element_(tag),
  createElementNS: (_, tag) => new Element_(tag),
  createTextNode: (text) => new Text_(text),
};

export const element = (tag = "div") => new Element_(tag);

/** All elements below one. */
export function* below(root) {
  for (const child of root.children) {
    yield child;
    yield* below(child);
  }
}
