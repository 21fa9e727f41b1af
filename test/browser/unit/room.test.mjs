import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "../../../web/page/room.js";
import { forAll } from "./random.mjs";

/** What a gateway keeps: records that change, each change one version higher. */
function history(random) {
  const latest = new Map();
  const changes = [];
  for (let v = 1; v <= 40; v++) {
    const id = latest.size > 0 && random.next() < 0.5 ? random.one([...latest.keys()]) : `m${latest.size}`;
    const record = { id, place: latest.get(id)?.place ?? latest.size + 1, v, text: `v${v}` };
    latest.set(id, record);
    changes.push(record);
  }
  return { changes, last: [...latest.values()].sort((a, b) => a.place - b.place) };
}

test("however frames come, late, twice or out of order, the room ends as it is", () => {
  forAll(300, (random) => {
    const { changes, last } = history(random);
    const room = new Room("x");
    room.welcome({ reset: true });
    const frames = random.shuffled([...changes, ...changes.filter(() => random.next() < 0.3)]);
    for (const record of frames) {
      if (random.next() < 0.2) room.prepend({ records: [record], more: true });
      else room.apply({ version: record.v, records: [record] });
    }
    assert.deepEqual(room.all(), last);
    assert.ok(room.version <= 40);
  });
});

test("catching up from a version gives the same as having seen everything", () => {
  forAll(200, (random) => {
    const { changes, last } = history(random);
    const room = new Room("x");
    room.welcome({ reset: true });
    const seen = random.below(changes.length);
    for (const record of changes.slice(0, seen)) room.apply({ version: record.v, records: [record] });
    const since = room.version;
    assert.equal(since, seen);
    room.welcome({ reset: false });
    room.apply({ version: 40, records: last.filter((r) => r.v > since).sort((a, b) => a.v - b.v) });
    assert.deepEqual(room.all(), last);
    assert.equal(room.version, 40);
  });
});

test("the past does not pretend that the present was seen", () => {
  const room = new Room("x");
  room.welcome({ reset: true, more: true });
  room.prepend({ records: [{ id: "a", place: 1, v: 90 }], more: false });
  assert.equal(room.version, 0);
  assert.equal(room.more, false);
});

test("a reset forgets", () => {
  const room = new Room("x");
  room.apply({ version: 3, records: [{ id: "a", place: 1, v: 3 }] });
  room.welcome({ reset: true, more: true });
  assert.deepEqual([room.size, room.version, room.more], [0, 0, true]);
});

test("what is no record is left alone", () => {
  const room = new Room("x");
  assert.deepEqual(room.apply({ version: 1, records: [null, {}, { id: 7 }, "x"] }), []);
});
