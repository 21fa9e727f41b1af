// A tree of Markdown nodes, as the gateway sends it, becomes DOM. The gateway
// has judged the tree; it is judged here again, as if it had not been: unknown
// kinds show their text, and only addresses of three schemes become links.

import { h } from "./dom.js";
import { iconButton, icon } from "./icons.js";

const schemes = new Set(["http:", "https:", "mailto:"]);
const deepest = 40;

/** A foreign address that may be followed, or null. */
export function safeAddress(href) {
  try {
    const url = new URL(href);
    return schemes.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Nodes as DOM nodes. me: the visitor's id, whose mentions stand out. */
export function render(nodes, me, depth = 0) {
  if (!Array.isArray(nodes) || depth > deepest) return [];
  return nodes.map((node) => one(node, me, depth)).filter((n) => n != null);
}

/**
 * Brings an element from the nodes it shows to others, touching only the blocks
 * that differ: a text that grows keeps what is selected and scrolled in it.
 */
export function patch(element, nodes, me) {
  const written = (element.written ??= []);
  const now = (Array.isArray(nodes) ? nodes : []).map((node) => JSON.stringify(node));
  let same = 0;
  while (same < now.length && now[same] === written[same]) same++;
  while (element.childNodes.length > same) element.lastChild.remove();
  element.append(...render(nodes.slice(same), me).map((n) => (n.nodeType === 3 ? h("p", { dir: "auto" }, n) : n)));
  element.written = now;
}

function one(node, me, depth) {
  if (node == null || typeof node !== "object") return null;
  const inside = () => render(node.c, me, depth + 1);
  const build = Object.hasOwn(kinds, node.k) ? kinds[node.k] : null;
  return build ? build(node, inside, me) : h("span", { dir: "auto" }, String(node.s ?? ""), inside());
}

const text = (tag) => (_, inside) => h(tag, { dir: "auto" }, inside());
const span = (tag) => (_, inside) => h(tag, null, inside());

const kinds = {
  text: (node) => document.createTextNode(String(node.s ?? "")),
  code: (node) => h("code", null, String(node.s ?? "")),
  codeblock: (node) => codeBlock(String(node.s ?? ""), node.lang),
  strong: span("strong"),
  em: span("em"),
  strike: span("s"),
  p: text("p"),
  quote: span("blockquote"),
  br: () => h("br"),
  hr: () => h("hr"),
  // Below the page's own headings, all on one level, however large they look.
  h: (node, inside) => h("p", { dir: "auto", role: "heading", class: `h${level(node)}`, "aria-level": 3 }, inside()),
  link: (node, inside) => link(node.href, inside()),
  image: (node, inside) => link(node.href, [icon("link", 14), inside().length ? inside() : "image"]),
  mention: (node, inside, me) => h("span", { class: node.id === me ? "mention me" : "mention" }, "@", inside()),
  list: (node, inside) => h(node.ordered ? "ol" : "ul", { start: node.ordered && Number(node.start) !== 1 ? Number(node.start) || null : null }, inside()),
  item: (node, inside) => ("checked" in node && node.checked != null
    ? h("li", { dir: "auto", class: "task" }, box(node.checked), h("div", null, inside()))
    : h("li", { dir: "auto" }, inside())),
  table: (node, inside) => table(node, inside),
  row: span("tr"),
  cell: (node, inside) => h(node.head ? "th" : "td", { dir: "auto", scope: node.head ? "col" : null }, inside()),
};

const level = (node) => Math.min(6, Math.max(1, Number(node.level) || 1));

const box = (checked) => h("span", { class: checked ? "box checked" : "box", role: "img", "aria-label": checked ? "Done: " : "To do: " }, checked ? icon("check", 12) : null);

function link(href, children) {
  const address = safeAddress(href);
  if (!address) return h("span", null, children);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
}

function table(node, inside) {
  const rows = inside();
  const align = Array.isArray(node.align) ? node.align : [];
  for (const row of rows) {
    [...(row.children ?? [])].forEach((cell, n) => {
      if (align[n] === "center" || align[n] === "right") cell.classList.add(align[n]);
    });
  }
  const heads = rows.filter((row) => row.querySelector?.("th"));
  const rest = rows.filter((row) => !heads.includes(row));
  // What scrolls must be reachable by keyboard.
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", null, heads.length ? h("thead", null, heads) : null, h("tbody", null, rest)));
}

function codeBlock(code, lang) {
  const copy = iconButton("copy", "Copy code", {
    class: "copy",
    onclick: async () => {
      await navigator.clipboard?.writeText(code);
      copy.replaceChildren(icon("check"));
      setTimeout(() => copy.replaceChildren(icon("copy")), 1_500);
    },
  });
  return h("div", { class: "code" },
    h("div", { class: "code-head" }, h("span", null, lang ? String(lang).slice(0, 32) : "text"), copy),
    h("pre", { tabindex: "0", role: "region", "aria-label": "Code" }, h("code", null, code)));
}
