// What the tests of all three SDKs share: cases, golden envelopes, schemas.

import { readFileSync, readdirSync } from "node:fs";

const root = new URL("../../../../", import.meta.url); // from dist/test

export interface Golden {
  name: string;
  packed: Buffer;
  text: Buffer;
}

/** One file of sdk/testdata. */
export function cases<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`sdk/testdata/${name}.json`, root), "utf8")) as T;
}

/** Every golden envelope, in both encodings. */
export function golden(): Golden[] {
  const directory = new URL("envelope/testdata/golden/", root);
  return readdirSync(directory)
    .filter((file) => file.endsWith(".msgpack"))
    .map((file) => file.slice(0, -".msgpack".length))
    .map((name) => ({
      name,
      packed: readFileSync(new URL(`${name}.msgpack`, directory)),
      text: readFileSync(new URL(`${name}.json`, directory)),
    }));
}
