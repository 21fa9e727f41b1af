// Publishing: envelopes, envelopes with a receipt, and calls.

import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { checkBacklog } from "./backlog.js";
import { decode, encode } from "./codec.js";
import type { Envelope, Rpc } from "./envelope.js";
import { CallFailed, NoAnswer } from "./errors.js";
import { Link } from "./link.js";
import { beside, Names, type NameSettings } from "./names.js";
import type { Receipt, Reply } from "./wire.js";

/**
 * How long past an RPC's own deadline its answer is waited for: the gateway
 * answers timeout itself.
 */
const grace = 2_000; // ms

/**
 * The longest that Redis is left to hold an answer back, so that a connection
 * which died in silence is noticed.
 */
const block = 1_000; // ms

/** Publishes to the platforms of one gateway. */
export class Client {
  readonly names: Names;
  readonly link: Link;

  /** Takes a client of ioredis, or the URL of a Redis. */
  constructor(redis: Redis | string, names: NameSettings = {}) {
    this.names = new Names(names);
    this.link = typeof redis === "string" ? Link.connect(redis) : new Link(redis);
  }

  /**
   * Publishes one envelope and returns its entry's id. Throws BacklogFull, or
   * an error of ioredis; after the latter the envelope may be published or not:
   * with a message_key, publish it again.
   */
  async publish(platform: string, envelope: Envelope): Promise<string> {
    await checkBacklog(this.link, this.names, platform);
    return this.#add(this.names.outbound(platform), envelope);
  }

  /**
   * Publishes one envelope and waits until it ends, whatever its end: look at
   * the receipt's status. Throws NoAnswer after `timeout` ms.
   */
  async send(platform: string, envelope: Envelope, { timeout = 30_000 } = {}): Promise<Receipt> {
    const answers = this.#answers(platform);
    const entryId = await this.publish(platform, { ...envelope, receipt_to: answers });
    const answer = await this.#await(answers, timeout);
    if (answer === undefined) throw new NoAnswer("receipt", platform, entryId, timeout);
    return answer as Receipt;
  }

  /**
   * Calls a method of the platform and returns its result. Throws CallFailed if
   * it was answered with an error, and NoAnswer if it was not answered.
   */
  async call(
    platform: string,
    method: string,
    params?: Readonly<Record<string, unknown>>,
    { timeout = 30_000 } = {},
  ): Promise<unknown> {
    const answers = this.#answers(platform);
    const rpc: Rpc = {
      type: "rpc",
      request_id: randomUUID(),
      method,
      reply_queue: answers,
      timeout_ms: Math.max(1, Math.round(timeout)),
      ...(params === undefined ? {} : { params }),
    };
    const entryId = await this.#add(this.names.outbound(platform), rpc);
    const answer = (await this.#await(answers, timeout + grace)) as Reply | undefined;
    if (answer === undefined) throw new NoAnswer("reply", platform, entryId, timeout + grace);
    if (!answer.ok) throw new CallFailed(method, answer.error ?? { code: "internal", message: "the call failed without saying how" });
    return answer.result;
  }

  /** Closes the connections. What was published stays published. */
  close(): void {
    this.link.close();
  }

  /**
   * A list for one answer, in the stream's slot: it is pushed in the very
   * script that ends the entry.
   */
  #answers(platform: string): string {
    return beside(this.names.outbound(platform), `reply:${randomUUID()}`);
  }

  async #add(stream: string, envelope: Envelope): Promise<string> {
    const fields: (string | Buffer)[] = ["data", encode(envelope), "ts", (Date.now() / 1000).toFixed(3)];
    if (envelope.trace_id) fields.push("trace_id", envelope.trace_id);
    const entryId = await this.link.redis.xadd(stream, "*", ...fields);
    if (entryId === null) throw new Error(`XADD ${stream} gave no entry id`);
    return entryId;
  }

  async #await(answers: string, milliseconds: number): Promise<unknown> {
    const end = performance.now() + milliseconds;
    for (let left = milliseconds; left > 0; left = end - performance.now()) {
      const seconds = Math.max(0.01, Math.min(left, block) / 1000);
      const got = await this.link.blocking((redis) => redis.blpopBuffer(answers, seconds));
      if (got !== null) return decode(got[1]);
    }
    return undefined;
  }
}
