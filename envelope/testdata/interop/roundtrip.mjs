// Reads each golden file as a Node worker would, and writes it back.
//
//     roundtrip.mjs DIRECTORY
//
// Every NAME.msgpack and NAME.json must come back byte for byte, and both must
// hold the same, bytes being base64 in JSON. Prints how many pairs did; exits 1
// at the first that does not.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { decode, encode } from "@msgpack/msgpack";

// asJSON is the MessagePack value as JSON would have it.
function asJSON(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(asJSON);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asJSON(member)]));
  }
  return value;
}

function check(directory, name) {
  const packed = readFileSync(join(directory, `${name}.msgpack`));
  const value = decode(packed);
  if (!packed.equals(encode(value))) throw new Error(`${name}.msgpack: Node writes other bytes back`);

  const text = readFileSync(join(directory, `${name}.json`), "utf8");
  const document = JSON.parse(text);
  if (JSON.stringify(document) !== text) throw new Error(`${name}.json: Node writes other bytes back`);

  if (!isDeepStrictEqual(asJSON(value), document)) {
    throw new Error(`${name}: MessagePack and JSON hold different values`);
  }
}

const directory = process.argv[2];
const names = readdirSync(directory).filter((file) => file.endsWith(".msgpack")).map((file) => file.slice(0, -".msgpack".length));
for (const name of names) check(directory, name);
console.log(names.length);
