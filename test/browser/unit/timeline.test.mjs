import assert from "node:assert/strict";
import { test } from "node:test";
import { draftOf, overlay, readable } from "../../../web/page/overlay.js";
import { timeline } from "../../../web/page/timeline.js";
import { asked, withMentions, withoutMentions } from "../../../web/page/mentions.js";
import { read, validName, write } from "../../../web/page/route.js";
import { delay } from "../../../web/page/link.js";
import { forAll } from "./random.mjs";

const me = { id: "me", name: "Me" };
const who = (id) => ({ id, name: id });
const noon = new Date(2026, 10, 23, 12).getTime() / 1000;
const said = (id, from, minutes, more = {}) => ({ id, place: minutes, v: 1, from: who(from), at: noon + minutes * 60, text: id, ...more });
const show = (rows) => rows.map((r) => (r.kind === "message" ? `${r.head ? "+" : ""}${r.record.id}${r.replies ? `(${r.replies.count})` : ""}` : r.kind)).join(" ");

test("messages are grouped by author and time", () => {
  assert.equal(show(timeline([said("a", "x", 1), said("b", "x", 2), said("c", "y", 3), said("d", "y", 20)])), "day +a b +c +d");
});

test("a day and what is unread begin anew", () => {
  const rows = timeline([said("a", "x", 1), said("b", "x", 2), said("c", "x", 3), said("d", "x", 60 * 24)], { unreadFrom: 2, me: "me" });
  assert.equal(show(rows), "day +a b new +c day +d");
  assert.equal(show(timeline([said("a", "me", 1)], { unreadFrom: 0, me: "me" })), "day +a");
});

test("a thread hangs on its message, or stands for itself", () => {
  const records = [said("a", "x", 1), said("b", "y", 2, { thread: "a" }), said("c", "y", 3, { thread: "deploy" }), said("d", "x", 4, { thread: "deploy" })];
  assert.equal(show(timeline(records)), "day +a(1) thread");
  assert.equal(show(timeline(records, { thread: "a" })), "day +a +b");
  assert.equal(show(timeline(records, { thread: "deploy" })), "day +c +d");
});

test("keys are unique and every record of a room is shown or counted once", () => {
  forAll(200, (random) => {
    const records = Array.from({ length: 30 }, (_, n) => said(`m${n}`, random.one(["x", "y"]), n * random.below(400), random.next() < 0.3 ? { thread: random.one(["m1", "m9", "deploy"]) } : {}))
      .sort((a, b) => a.at - b.at);
    const rows = timeline(records, { unreadFrom: random.below(30), me: "x" });
    assert.equal(new Set(rows.map((r) => r.key)).size, rows.length);
    const shown = rows.filter((r) => r.kind === "message").length;
    const counted = rows.reduce((n, r) => n + (r.replies?.count ?? 0) + (r.kind === "thread" ? r.count : 0), 0);
    assert.equal(shown + counted, records.length);
  });
});

test("acts that wait are seen at once", () => {
  const record = said("a", "x", 1, { reactions: [{ emoji: "👍", by: [who("x")] }] });
  const act = (frame) => overlay(record, [{ frame: { message: "a", ...frame } }], me);
  assert.deepEqual(act({ t: "react", emoji: "👍" }).reactions[0].by.map((p) => p.id), ["x", "me"]);
  assert.equal(act({ t: "react", emoji: "🎉" }).reactions.length, 2);
  assert.equal(act({ t: "edit", text: "new" }).text, "new");
  assert.equal(act({ t: "press", custom_id: "go" }).pressing, "go");
  const mine = overlay(record, [{ frame: { t: "react", message: "a", emoji: "👍" } }, { frame: { t: "react", message: "a", emoji: "👍", remove: true } }], me);
  assert.deepEqual(mine.reactions[0].by.map((p) => p.id), ["x"]);
  assert.equal(overlay(record, [{ frame: { t: "edit", message: "b", text: "other" } }], me), record);
  assert.equal(draftOf({ id: "1", at: 5, frame: { text: "hi" } }, me).waits, true);
});

test("a mention is written by name and sent by id, and comes back as it was", () => {
  const picked = new Map([["Ann", "1"], ["Anna Lee", "2"]]);
  const sent = withMentions("@Anna Lee, @Ann and @Annette (@Ann)", picked);
  assert.equal(sent, "[Anna Lee](mention:2), [Ann](mention:1) and @Annette ([Ann](mention:1))");
  assert.equal(withoutMentions(sent).typed, "@Anna Lee, @Ann and @Annette (@Ann)");
  assert.deepEqual(withoutMentions(sent).picked, picked);
  assert.equal(readable(sent), "@Anna Lee, @Ann and @Annette (@Ann)");
  assert.deepEqual(asked("hi @an", 6), { from: 3, query: "an" });
  assert.equal(asked("mail@an", 7), null);
});

test("addresses lead where they say", () => {
  const root = "https://h.example/deep/chat/chat/";
  assert.deepEqual(read(new URL("https://h.example/deep/chat/chat"), root, "lobby"), { channel: "lobby", thread: null });
  forAll(100, (random) => {
    const name = () => Array.from({ length: 1 + random.below(20) }, () => random.one([..."aZ9._~-"])).join("");
    const [channel, thread] = [name(), random.next() < 0.5 ? name() : null];
    if (!validName(channel) || (thread && !validName(thread))) return;
    assert.deepEqual(read(new URL(write(root, { channel, thread }, "?embed")), root, "lobby"), { channel, thread });
  });
  for (const bad of ["", "-x", ".", "..", "a/b", "x".repeat(65), "ä"]) assert.equal(validName(bad), false, bad);
});

test("reconnects wait longer and longer, up to five seconds, never at once", () => {
  for (let attempt = 0; attempt < 40; attempt++) {
    assert.ok(delay(attempt, () => 0) >= 125 && delay(attempt, () => 1) <= 5000);
  }
  assert.equal(delay(0, () => 1), 250);
  assert.equal(delay(20, () => 1), 5000);
});
