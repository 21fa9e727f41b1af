import { webcrypto } from "node:crypto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Courier } from "../../../web/page/courier.js";
import { Outbox } from "../../../web/page/outbox.js";
import { Memory, openStorage, Shelf } from "../../../web/page/storage.js";
import { forAll } from "./random.mjs";

globalThis.crypto ??= webcrypto; // which node 18 keeps to itself

const box = (storage = new Memory()) => new Outbox(new Shelf(storage, "p/"));

test("an entry outlives the page, in its order, until it is confirmed", () => {
  const storage = new Memory();
  const made = Array.from({ length: 20 }, (_, n) => box(storage).add("lobby", { t: "send", text: String(n) }));
  const again = box(storage);
  assert.deepEqual(again.of("lobby").map((e) => e.id), made.map((e) => e.id));
  again.remove(made[0].id);
  assert.equal(box(storage).next("lobby").id, made[1].id);
});

test("two made in one millisecond keep their order", () => {
  const storage = new Memory();
  const one = box(storage);
  const made = Array.from({ length: 200 }, (_, n) => one.add("lobby", { t: "send", text: String(n) }));
  assert.deepEqual(box(storage).of("lobby").map((e) => e.id), made.map((e) => e.id));
});

test("ids are 128 random bits", () => {
  const ids = new Set(Array.from({ length: 500 }, () => box().add("x", { t: "send", text: "" }).id));
  assert.equal(ids.size, 500);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
});

test("a failed entry waits, and does not hold up the next", () => {
  const one = box();
  const [a, b] = ["a", "b"].map((text) => one.add("lobby", { t: "send", text }));
  one.fail(a.id, "too long");
  assert.equal(one.next("lobby").id, b.id);
  one.retry(a.id);
  assert.equal(one.next("lobby").id, a.id);
});

test("rubbish in the storage is nobody's message", () => {
  const storage = new Memory();
  for (const [n, rubbish] of ["{", "null", "7", '{"id":1}', '{"id":"x","channel":"y"}'].entries()) storage.setItem(`p/out/${n}`, rubbish);
  assert.deepEqual(box(storage).of("y"), []);
});

test("a storage that is refused, or full, is replaced by memory", () => {
  const refused = openStorage(() => { throw new Error("SecurityError"); });
  const one = box(refused);
  one.add("lobby", { t: "send", text: "x" });
  assert.equal(one.of("lobby").length, 1);
  const full = { length: 0, key: () => null, getItem: () => null, removeItem() {}, setItem() { throw new Error("QuotaExceededError"); } };
  const two = box(full);
  two.add("lobby", { t: "send", text: "x" });
  assert.equal(two.of("lobby").length, 1, "what cannot be kept is at least sent");
});

/** A link that dies at random, and a gateway behind it that takes an id once. */
class Line extends EventTarget {
  state = "away";
  taken = []; // texts, in the order taken
  #ids = new Set();
  #queue = [];
  send(frame) {
    if (this.state !== "open") return false;
    this.#queue.push(frame);
    return true;
  }
  become(state) {
    this.state = state;
    if (state !== "open") this.#queue = [];
    this.dispatchEvent(new Event("state"));
  }
  /** The gateway takes one frame; its answer arrives, or is lost with the link. */
  step(lost) {
    const frame = this.#queue.shift();
    if (!frame) return;
    if (!this.#ids.has(frame.id)) this.taken.push(frame.text);
    this.#ids.add(frame.id);
    if (lost) this.become("away");
    else this.dispatchEvent(new CustomEvent("frame", { detail: { t: "ok", id: frame.id } }));
  }
}

globalThis.CustomEvent ??= class extends Event {
  constructor(name, { detail }) { super(name); this.detail = detail; }
};

test("over a link that breaks anywhere, all is taken once and in order", () => {
  forAll(200, (random) => {
    const storage = new Memory();
    const line = new Line();
    let outbox = box(storage);
    let courier = new Courier(outbox, "lobby", line);
    const said = [];
    for (let step = 0; step < 120; step++) {
      const dice = random.next();
      if (dice < 0.3) {
        said.push(`m${said.length}`);
        outbox.add("lobby", { t: "send", text: said.at(-1) });
      } else if (dice < 0.4) line.become("open");
      else if (dice < 0.5) line.become("away");
      else if (dice < 0.55) { // a reload
        courier.close();
        line.become("away");
        outbox = box(storage);
        courier = new Courier(outbox, "lobby", line);
      } else line.step(random.next() < 0.3);
    }
    line.become("away");
    line.become("open");
    for (let n = 0; n < 200; n++) line.step(false);
    courier.close();
    line.become("away");
    assert.deepEqual(line.taken, said);
    assert.deepEqual(outbox.of("lobby"), []);
  });
});

test("a refusal for good marks the entry, and the next is carried", () => {
  const line = new Line();
  const outbox = box();
  const courier = new Courier(outbox, "lobby", line);
  const [a] = ["a", "b"].map((text) => outbox.add("lobby", { t: "send", text }));
  line.become("open");
  line.dispatchEvent(new CustomEvent("frame", { detail: { t: "error", id: a.id, code: "too_large", message: "Too long." } }));
  assert.equal(outbox.of("lobby")[0].failed, "Too long.");
  line.step(false); // the queue still has a: the gateway would have refused it
  line.step(false);
  assert.equal(outbox.of("lobby").length, 1);
  courier.close();
  line.become("away");
});
