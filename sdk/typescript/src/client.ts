// A worker's connection to Redis: publishing, waiting, calling, receiving.

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import { decode, encode } from "./codec.js";
import type { Address } from "./compose.js";
import type { Envelope } from "./envelope.js";
import { DeliveryError, NoAnswer, RPCError } from "./errors.js";
import { Inbox } from "./inbox.js";
import { block, Link, type Log } from "./link.js";
import type { Handler } from "./message.js";
import { beside, checkName, Names, type NameSettings } from "./names.js";
import type { ReceiveOptions, StreamOptions } from "./options.js";
import { Directory, type Platform } from "./platform.js";
import { Receiver } from "./receive.js";
import { Stream } from "./stream.js";
import type { Receipt, Reply } from "./wire.js";

const defaultURL = "redis://127.0.0.1:6379/0";

/**
 * How long past an RPC's own deadline its answer is waited for: the gateway
 * answers timeout itself, and this is for that answer's way.
 */
const grace = 2_000; // ms

/** Who a worker is. The default is one of the default names on a Redis on this machine. */
export interface ClientOptions {
  /** if the gateway's names are not the default ones */
  names?: NameSettings;
  /** The workers' consumer group; default the names' workerGroup. Every group gets every event; the workers of a group share them. */
  group?: string;
  /** This worker's name in the group, for people who look; default the host's. */
  consumer?: string;
  /** bytes; the gateway's delivery.max_envelope, default 1 MiB */
  maxEnvelope?: number;
  /** default: nothing is logged */
  log?: Log;
}

/** Options of what waits: for so many ms, default 30,000. */
export interface Wait {
  timeout?: number;
}

export class Client {
  readonly names: Names;
  readonly group: string;
  readonly consumer: string;
  readonly link: Link;
  readonly #maxEnvelope: number;
  readonly #directory: Directory;
  readonly #inbox: Inbox;

  /**
   * Takes the URL of a Redis, or a client of ioredis; the latter stays open, and
   * should have autoResendUnfulfilledCommands: false, or what has been published
   * may be published once more when a connection breaks.
   */
  constructor(redis: Redis | string = defaultURL, options: ClientOptions = {}) {
    this.names = new Names(options.names);
    this.group = checkName("group", options.group ?? this.names.workerGroup);
    this.consumer = checkName("consumer", options.consumer ?? hostname());
    this.link = new Link(redis, options.log ?? (() => undefined));
    this.#maxEnvelope = options.maxEnvelope ?? 1 << 20;
    this.#directory = new Directory(this.link, this.names);
    this.#inbox = new Inbox(this.link, this.names.namespace);
  }

  /**
   * Adds an envelope to the outbound stream of its platform, which must be named
   * in it. Returns the entry's id; the envelope is then the gateway's to deliver,
   * and outlives both of us.
   *
   * Throws RangeError for what is no envelope, BacklogError, or an error of
   * ioredis; in the last case it may have been published, and only one with a
   * message_key may be published again without being delivered twice.
   */
  async publish(envelope: Envelope): Promise<string> {
    const platform = envelope.platform ?? "";
    const stream = this.names.outbound(platform);
    const fields = ["data", this.#encode(envelope), "ts", Math.floor(Date.now() / 1000)];
    if (envelope.trace_id) fields.push("trace_id", envelope.trace_id);
    await this.#directory.admit(platform);
    return String(await this.link.redis.xadd(stream, "*", ...fields));
  }

  /**
   * Publishes an envelope and waits for its receipt. Throws DeliveryError for
   * what was not delivered, and NoAnswer.
   */
  async publishAndWait(envelope: Envelope, { timeout = 30_000 }: Wait = {}): Promise<Receipt> {
    if (envelope.receipt_to) throw new RangeError("receipt_to is set; leave it out here, or use publish and wait");
    const asking = { ...envelope, receipt_to: this.#inbox.list };
    const { id, answer } = await this.#inbox.publish(() => this.publish(asking), timeout);
    if (answer !== undefined) return receipt(answer);
    throw new NoAnswer(`no receipt of entry ${id} within ${timeout} ms; is a gateway running for "${envelope.platform}"?`);
  }

  /**
   * Waits for a receipt on a list that an envelope's receipt_to named, such as
   * <namespace>:reply:order-17, and takes it off. Unlike publishAndWait's, it can
   * still be had after the worker was restarted: for 24 hours.
   */
  async wait(list: string, { timeout = 30_000 }: Wait = {}): Promise<Receipt> {
    const end = performance.now() + timeout;
    for (let left = timeout; left > 0; left = end - performance.now()) {
      const seconds = Math.max(10, Math.min(left, block)) / 1000;
      // It stays where it is until it has been read: see Inbox.
      const data = await this.link.blocking((redis) => redis.blmoveBuffer(list, list, "LEFT", "LEFT", seconds));
      if (data === null) continue;
      await this.link.redis.lrem(list, 1, data);
      return receipt(decode(data));
    }
    throw new NoAnswer(`no receipt on ${list} within ${timeout} ms`);
  }

  /**
   * Calls a method of a platform, such as identity, channels or
   * execute_tool, and returns its result. Throws RPCError if it was answered with
   * an error, and NoAnswer.
   */
  async call(
    platform: string,
    method: string,
    params?: Readonly<Record<string, unknown>>,
    { timeout = 30_000 }: Wait = {},
  ): Promise<unknown> {
    const request_id = randomUUID();
    const ask = async (): Promise<string> => {
      await this.publish({
        type: "rpc",
        platform,
        request_id,
        method,
        reply_queue: this.#inbox.list,
        timeout_ms: Math.max(1, Math.round(timeout)),
        ...(params === undefined ? {} : { params }),
      });
      return request_id;
    };
    const { answer } = await this.#inbox.publish(ask, timeout + grace);
    if (answer === undefined) {
      throw new NoAnswer(`call ${method} on "${platform}": no reply within ${timeout} ms; is a gateway running for it?`);
    }
    const { ok, result, error } = answer as Reply;
    if (!ok) throw new RPCError(platform, method, error ?? { code: "internal", message: "it failed without saying how" });
    return result;
  }

  /** What is known of a platform. It may be a second old. */
  platform(name: string): Promise<Platform> {
    return this.#directory.look(name);
  }

  /** Begins a message that grows. */
  stream(to: Address, options: StreamOptions = {}, signal?: AbortSignal): Stream {
    return new Stream(this, to, options, signal);
  }

  /**
   * Publishes what comes out of tokens as one message that grows, and waits for
   * its receipt. Should tokens throw, the stream is abandoned.
   */
  async streamTokens(to: Address, tokens: AsyncIterable<string>, options: StreamOptions = {}, signal?: AbortSignal): Promise<Receipt> {
    const stream = this.stream(to, options, signal);
    try {
      for await (const token of tokens) stream.write(token);
      return await stream.closeAndWait();
    } finally {
      await stream.abandon();
    }
  }

  /**
   * Handles events of the inbound stream until options.signal is aborted, and
   * returns once the running handlers have ended. Of one conversation, one event
   * at a time is handled over all workers of the group, in the stream's order.
   *
   * A handler that returns finishes its event; one that throws has it handled
   * again after a while, by any worker; see Permanent for what is not worth it.
   * Its message's signal is aborted when the worker has to stop, or has lost the
   * conversation; what it publishes from then on is refused. An outage of Redis
   * is logged and outlasted.
   */
  receive(handler: Handler, options: ReceiveOptions = {}): Promise<void> {
    return new Receiver(this, handler, options).run(options.signal);
  }

  /**
   * The stream that the group's dead letters are in: the events that the handler
   * failed on too often, or nobody could read.
   */
  get dead(): string {
    return beside(this.names.inboundStream, `dead:${this.group}`);
  }

  /** Ends what waits for receipts and replies, and the connections, unless they were given. Stop receive first. */
  close(): void {
    this.#inbox.close();
    this.link.close();
  }

  #encode(envelope: Envelope): Buffer {
    const data = encode(envelope);
    if (data.length <= this.#maxEnvelope) return data;
    throw new RangeError(
      `the envelope has ${data.length} bytes, at most ${this.#maxEnvelope} are taken: put big media into the media store and send their blob`,
    );
  }
}

function receipt(answer: unknown): Receipt {
  const receipt = answer as Receipt;
  if (["dead", "expired", "parked"].includes(receipt.status)) throw new DeliveryError(receipt);
  return receipt;
}
