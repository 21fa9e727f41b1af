import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../src/codec.js";
import { golden } from "./shared.js";

/** The value as JSON would have it. */
function asJSON(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(asJSON);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJSON(member)]));
  }
  return value;
}

test("golden files come back byte for byte", () => {
  assert.notEqual(golden().length, 0);
  for (const { name, packed } of golden()) assert.deepEqual(encode(decode(packed) as object), packed, name);
});

test("both encodings say the same", () => {
  for (const { name, packed, text } of golden()) {
    assert.deepEqual(asJSON(decode(packed)), decode(Buffer.concat([Buffer.from(" \n"), text])), name);
  }
});

test("what is neither is refused", () => {
  for (const bytes of ["", "c1", "7b", "81"]) assert.throws(() => decode(Buffer.from(bytes, "hex")), bytes);
});

test("a field that is undefined is left out", () => {
  assert.deepEqual(decode(encode({ text: "grün", thread_id: undefined })), { text: "grün" });
});
