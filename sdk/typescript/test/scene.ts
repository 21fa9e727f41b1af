// A Redis for one test, in names of its own.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { decode, encode } from "../src/codec.js";
import { Client, type Handler, type ReceiveOptions } from "../src/index.js";

export const within = 10_000; // ms that anything may take on a loaded machine

/** Where the Redis is that go test ./test/sdk started. */
export function redisURL(): string {
  const url = process.env["TEST_REDIS_URL"];
  assert.ok(url, "TEST_REDIS_URL is not set: these tests are run by go test ./test/sdk");
  return url;
}

/** What a snapshot or a message has, as far as tests look. */
export type Published = Record<string, unknown> & { text?: string; seq?: number; final?: boolean };

export class Scene {
  readonly namespace = `test-${randomUUID()}`;
  readonly client: Client;
  readonly redis: Redis;
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
    this.redis = new Redis(redisURL());
    this.client = this.connect();
    t.after(() => this.redis.disconnect());
  }

  /** A client that is closed with the test. */
  connect(): Client {
    const client = new Client(redisURL(), { names: { namespace: this.namespace } });
    this.#t.after(() => client.close());
    return client;
  }

  /** Receives until the test ends, or until the controller is aborted. */
  receive(handler: Handler, options: ReceiveOptions = {}, client = this.client): { stop: AbortController; ended: Promise<void> } {
    const stop = new AbortController();
    const ended = client.receive(handler, { backoff: 10, drain: 0, ...options, signal: stop.signal });
    this.#t.after(async () => {
      stop.abort();
      await ended;
    });
    return { stop, ended };
  }

  /** An event as the gateway writes it. */
  say(event_id: string, channel_id = "lobby", more: object = {}): Promise<string> {
    const event = {
      event: "message",
      platform: "chat",
      address: { platform: "chat", channel_id },
      outbound_stream: this.client.names.outbound("chat"),
      channel_key: `chat:${channel_id}`,
      channel_id,
      is_dm: false,
      user_id: "ann",
      is_bot: false,
      event_id,
      message_id: `m-${event_id}`,
      timestamp: Date.now() / 1000,
      enqueued_at: Date.now() / 1000,
      trace_id: `t-${event_id}`,
      content: event_id,
      ...more,
    };
    return this.add({ data: encode(event), ts: "1700000000" });
  }

  /** Any entry in the inbound stream. */
  async add(fields: Record<string, string | Buffer>): Promise<string> {
    return String(await this.redis.xadd(this.client.names.inboundStream, "*", ...Object.entries(fields).flat()));
  }

  /** The envelopes so far. */
  async published(): Promise<Published[]> {
    const entries = await this.redis.xrangeBuffer(this.client.names.outbound("chat"), "-", "+");
    return entries.map(([, fields]) => decode(fields[1]!) as Published);
  }

  /** The dead letters so far. */
  async letters(): Promise<Map<string, string>[]> {
    const entries = await this.redis.xrange(this.client.dead, "-", "+");
    return entries.map(([, fields]) => {
      const letter = new Map<string, string>();
      for (let i = 0; i + 1 < fields.length; i += 2) letter.set(fields[i]!, fields[i + 1]!);
      return letter;
    });
  }

  /** How many events are pending. */
  async unfinished(): Promise<number> {
    const told = (await this.redis.xpending(this.client.names.inboundStream, this.client.group)) as [number];
    return told[0];
  }

  allFinished(): Promise<void> {
    return eventually("every event is finished", async () => (await this.unfinished()) === 0);
  }
}

/** Asks a foreign process until it says yes. */
export async function eventually(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + within;
  while (!(await ask())) {
    if (performance.now() > end) assert.fail(`not within ${within} ms: ${what}`);
    await sleep(10);
  }
}

/** A promise and what settles it. */
export function signalled(): { promise: Promise<void>; signal: () => void } {
  let signal = (): void => undefined;
  const promise = new Promise<void>((resolve) => (signal = resolve));
  return { promise, signal };
}

/** Waits for the signal's abort. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
