// Holds the types against the schemas that the gateway has. wire.ts is written
// from them; what envelope.ts makes of it is held to it by the compiler.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Envelope } from "../src/envelope.js";
import type { OutboundFields } from "../src/wire.js";

type FieldsOf<E> = E extends unknown ? keyof E : never;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

const everyTypeIsThere: Same<Envelope["type"], OutboundFields["type"]> = true;
const everyFieldIsInSome: Same<FieldsOf<Envelope>, keyof OutboundFields> = true;

test("wire.ts is what the schemas say", () => {
  const script = fileURLToPath(new URL("../../scripts/generate.mjs", import.meta.url));
  execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" });
});

test("envelope.ts has every type and every field", () => {
  assert.ok(everyTypeIsThere && everyFieldIsInSome);
});
