import assert from "node:assert/strict";
import { test } from "node:test";
import { below, element } from "./fake-dom.mjs";
import { forAll } from "./random.mjs";

const { patch, render, safeAddress } = await import("../../../web/page/markdown.js");

const allowed = new Set(["P", "STRONG", "EM", "S", "A", "SPAN", "BLOCKQUOTE", "BR", "HR", "UL", "OL", "LI", "DIV", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "CODE", "PRE", "BUTTON", "SVG", "PATH"]);
const evil = ["<script>alert(1)</script>", "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "data:text/html,x", "vbscript:x", "\u0000", "https://example.com/", "mailto:a@b.c", "//host", "plain", "__proto__", "constructor"];
const kinds = ["text", "code", "codeblock", "strong", "em", "strike", "p", "quote", "br", "hr", "h", "link", "image", "mention", "list", "item", "table", "row", "cell", "script", "iframe", "__proto__", "constructor", "toString", 7, null];

function tree(random, depth = 0) {
  const node = { k: random.one(kinds) };
  for (const name of ["s", "href", "lang", "id"]) if (random.next() < 0.5) node[name] = random.one([...evil, 5, null, {}]);
  if (random.next() < 0.3) node.align = random.one([["left", "right"], "x", null, [{}]]);
  if (random.next() < 0.3) Object.assign(node, { level: random.one([1, 6, 99, "x"]), ordered: random.next() < 0.5, start: random.one([1, 7, "x"]), checked: random.one([true, false, null]), head: true });
  if (depth < 5 && random.next() < 0.7) node.c = Array.from({ length: random.below(4) }, () => random.one([tree(random, depth + 1), null, "text", 3]));
  return node;
}

test("no tree makes an element, an address or a listener that it should not", () => {
  forAll(500, (random) => {
    const root = element();
    root.append(...render(Array.from({ length: 3 }, () => tree(random)), "me"));
    for (const e of below(root)) {
      assert.ok(allowed.has(e.tagName), `an element ${e.tagName}`);
      for (const name of Object.keys(e.attributes)) assert.ok(!name.startsWith("on") && !["style", "src", "srcdoc"].includes(name), `an attribute ${name}`);
      if (e.attributes.href) assert.match(e.attributes.href, /^(https?|mailto):/);
    }
  });
});

test("text stays text", () => {
  const [p] = render([{ k: "p", c: [{ k: "text", s: "<b>x</b> & y" }] }]);
  assert.equal(p.textContent, "<b>x</b> & y");
  assert.equal(p.children.length, 0);
});

test("only three schemes lead anywhere", () => {
  assert.equal(safeAddress("https://example.com"), "https://example.com/");
  assert.equal(safeAddress("mailto:a@b.c"), "mailto:a@b.c");
  for (const href of ["javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x", "//x", "x", "", null, undefined]) assert.equal(safeAddress(href), null, String(href));
});

test("a tree of any depth is cut, not followed to the end of the stack", () => {
  let node = { k: "text", s: "deep" };
  for (let n = 0; n < 100_000; n++) node = { k: "quote", c: [node] };
  assert.doesNotThrow(() => render([node]));
});

test("patching gives what rendering anew gives, and keeps the blocks that stay", () => {
  const simple = (random) => Array.from({ length: random.below(6) }, () => ({ k: random.one(["p", "quote", "hr"]), c: [{ k: "text", s: random.one(["a", "b", "c"]) }] }));
  const shape = (e) => e.childNodes.map((n) => [n.tagName, n.textContent]);
  forAll(300, (random) => {
    const kept = element();
    for (let n = 0; n < 6; n++) {
      const before = [...kept.childNodes];
      const written = kept.written ?? [];
      const nodes = simple(random);
      patch(kept, nodes);
      const fresh = element();
      patch(fresh, nodes);
      assert.deepEqual(shape(kept), shape(fresh));
      for (let at = 0; at < written.length && written[at] === JSON.stringify(nodes[at]); at++) assert.equal(kept.childNodes[at], before[at]);
    }
  });
});
