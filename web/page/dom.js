// Making DOM nodes. Text only ever becomes text nodes: there is no way in here
// for mark-up, which is why nothing else in this page makes elements.

const svgSpace = "http://www.w3.org/2000/svg";

/**
 * h("button", {class: "x", onclick: f, "aria-label": "y", disabled: true}, …children)
 *
 * A function is a listener, true an empty attribute; false, null and undefined
 * leave the attribute away. Children are nodes, strings or nested lists of them.
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  append(element, children);
  return element;
}

export function set(element, name, value) {
  if (typeof value === "function") element.addEventListener(name.slice(2), value);
  else if (value === false || value == null) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

export function append(parent, children) {
  for (const child of [children].flat(Infinity)) {
    if (child != null && child !== false) parent.append(child);
  }
}

/** Replaces what is in parent. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/** A drawing in the icons' style: paths on a 24 × 24 grid. */
export function svg(paths, size = 20) {
  const element = document.createElementNS(svgSpace, "svg");
  const attributes = { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", class: "icon" };
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const d of paths) {
    const path = document.createElementNS(svgSpace, "path");
    path.setAttribute("d", d);
    element.append(path);
  }
  return element;
}
