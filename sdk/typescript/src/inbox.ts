// Where a client's receipts and replies come to.

import { randomUUID } from "node:crypto";
import { Backoff, pause } from "./backoff.js";
import { decode } from "./codec.js";
import { block, type Link } from "./link.js";

const page = 128; // answers read in one go
const kept = 24 * 3600; // seconds that what is left is kept when this process dies

interface Waiting {
  resolve: (answer: unknown) => void;
  reject: (reason: Error) => void;
}

/**
 * One list, and the loop that hands its answers to whoever waits.
 *
 * An answer is looked at where it lies and removed only after it was handed
 * over: one that was popped on a connection that then broke would be lost. So
 * it may be seen twice; the second time nobody waits for it.
 */
export class Inbox {
  readonly list: string;
  readonly #link: Link;
  readonly #waiting = new Map<string, Waiting>(); // by entry or request id
  readonly #early = new Map<string, unknown>(); // answers that may be of those on their way
  readonly #closed = new AbortController();
  #flights = 0; // envelopes on their way, whose entry ids are not known yet
  #reading = false;

  constructor(link: Link, namespace: string) {
    this.#link = link;
    this.list = `${namespace}:reply:${randomUUID()}`;
  }

  /** The answer with this id; undefined if none comes within so many ms. */
  async expect(id: string, within: number): Promise<unknown> {
    const early = this.#early.get(id);
    if (early !== undefined) return early;
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      timer = setTimeout(() => resolve(undefined), within);
    });
    void this.#read();
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /**
   * Runs add, and expects the answer with the id that it returns, which may
   * come before it does.
   */
  async publish(add: () => Promise<string>, within: number): Promise<{ id: string; answer: unknown }> {
    this.#flights++;
    let answer: Promise<unknown>;
    let id: string;
    try {
      id = await add();
      answer = this.expect(id, within);
    } finally {
      if (--this.#flights === 0) this.#early.clear();
    }
    return { id, answer: await answer };
  }

  /** Goes on while somebody waits. */
  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    const trouble = new Backoff(50, 2_000);
    while (this.#waiting.size > 0 && !this.#closed.signal.aborted) {
      try {
        await this.#page();
        trouble.reset();
      } catch (error) {
        if (trouble.tries === 0) this.#link.log("receipts and replies cannot be read; trying again", error);
        await pause(trouble.next(), this.#closed.signal);
      }
    }
    this.#reading = false;
  }

  async #page(): Promise<void> {
    const { redis } = this.#link;
    // From the left to the left: the first one stays where it is.
    const first = await this.#link.blocking((own) => own.blmoveBuffer(this.list, this.list, "LEFT", "LEFT", block / 1000));
    if (first === null) return;
    const answers = await redis.lrangeBuffer(this.list, 0, page - 1);
    for (const data of answers) this.#hand(data);
    // A list that never empties would go with its first answer's expiry.
    await Promise.all([...answers.map((data) => redis.lrem(this.list, 1, data)), redis.expire(this.list, kept)]);
  }

  #hand(data: Buffer): void {
    let id: string;
    let answer: { entry_id?: string; request_id?: string };
    try {
      answer = decode(data) as typeof answer;
      id = answer.entry_id ?? answer.request_id ?? "";
    } catch (error) {
      this.#link.log(`${data.length} bytes on ${this.list} are neither a receipt nor a reply`, error);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) waiting.resolve(answer);
    else if (this.#flights > 0) this.#early.set(id, answer);
  }

  /** Whoever still waits is told. */
  close(): void {
    this.#closed.abort();
    for (const { reject } of this.#waiting.values()) reject(new Error("the client is closed"));
  }
}
