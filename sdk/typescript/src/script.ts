// The Lua recipe that all workers share, and how a script is run.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Link } from "./link.js";

export type Argument = string | Buffer | number;

/** One file of lock/. */
export class Script {
  readonly #text: string;
  readonly #digest: string;

  constructor(name: "take" | "keep" | "done" | "again") {
    this.#text = readFileSync(new URL(`../../lock/${name}.lua`, import.meta.url), "utf8"); // from dist/src
    this.#digest = createHash("sha1").update(this.#text).digest("hex");
  }

  /** Runs it by its digest, and by its text where Redis does not know it. Strings come back as Buffers. */
  async run(link: Link, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    try {
      return await link.redis.callBuffer("EVALSHA", this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return await link.redis.callBuffer("EVAL", this.#text, keys.length, ...keys, ...args);
    }
  }
}
