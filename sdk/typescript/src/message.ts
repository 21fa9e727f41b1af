// One event in a handler's hand, and the means to answer it.

import { createHash } from "node:crypto";
import type { Client, Wait } from "./client.js";
import type { Envelope } from "./envelope.js";
import type { StreamOptions } from "./options.js";
import type { Stream } from "./stream.js";
import type { Event, Receipt } from "./wire.js";

/** Handles one event: see Client.receive. */
export type Handler = (message: Message) => Promise<void> | void;

/** An envelope of which the address, at least, may be left out. */
export type Answer = Envelope extends infer E ? (E extends Envelope ? Omit<E, "channel_id"> & { channel_id?: string } : never) : never;

const mostKey = 256; // bytes of a message_key

/**
 * It is valid as long as its handler runs.
 *
 * What it publishes bears keys made of the event's id and a counter: a handler
 * that runs again, because its worker died in the middle, publishes the same
 * keys in the same order, and what had been published is not delivered twice.
 * That holds if it does the same things in the same order. One that may decide
 * differently the second time should name its keys (see key); else the first
 * run's second message stands in the place of the second run's.
 */
export class Message {
  readonly #client: Client;
  readonly #streams: Stream[] = [];
  #count = 0;

  constructor(
    client: Client,
    readonly event: Event,
    /** of the inbound stream */
    readonly entryId: string,
    /** 1 the first time */
    readonly attempt: number,
    /** aborted when the worker has to stop, or has lost the conversation */
    readonly signal: AbortSignal,
  ) {
    this.#client = client;
  }

  /** The text of a message or an edit, as CommonMark. */
  get content(): string {
    return this.event.content ?? "";
  }

  /**
   * A message_key or stream_id of this event that is the same each time the
   * handler runs. Names made of digits are kept for the helpers.
   */
  key(name: string): string {
    const key = `re:${this.#client.group}:${this.event.event_id || this.entryId}:${name}`;
    if (Buffer.byteLength(key) <= mostKey) return key;
    return `re:sha256:${createHash("sha256").update(key).digest("hex")}`;
  }

  /** Answers with a message of CommonMark, where the event came from. */
  async reply(text: string): Promise<void> {
    await this.replyWith({ type: "message", text });
  }

  /**
   * Publishes any envelope to where the event came from, and returns its entry's
   * id. What of its address, key and trace is missing is filled in, and for a
   * message that answers a click or a command, the interaction_id.
   */
  async replyWith(answer: Answer): Promise<string> {
    this.signal.throwIfAborted();
    return this.#client.publish(this.#filled(answer));
  }

  /** Is replyWith that waits for the receipt. */
  async replyAndWait(answer: Answer, wait: Wait = {}): Promise<Receipt> {
    this.signal.throwIfAborted();
    return this.#client.publishAndWait(this.#filled(answer), wait);
  }

  /** Shows that an answer is under way. It ends with the answer. */
  async typing(): Promise<void> {
    await this.replyWith({ type: "typing" });
  }

  /** Puts an emoji on the message that the event is about. */
  async react(emoji: string): Promise<void> {
    await this.replyWith({ type: "reaction", message_id: this.event.message_id ?? "", emoji });
  }

  /** Begins an answer that grows. A handler that runs again continues the same message, unless options name another id. */
  stream(options: StreamOptions = {}): Stream {
    const stream = this.#client.stream(this.event.address, this.#streamed(options), this.signal);
    this.#streams.push(stream);
    return stream;
  }

  /** Answers with what comes out of tokens: see Client.streamTokens. */
  streamTokens(tokens: AsyncIterable<string>, options: StreamOptions = {}): Promise<Receipt> {
    return this.#client.streamTokens(this.event.address, tokens, this.#streamed(options), this.signal);
  }

  /** The handler has ended: what it left open is abandoned. */
  async expire(): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.abandon()));
  }

  #nextKey(): string {
    return this.key(String(++this.#count));
  }

  #filled(answer: Answer): Envelope {
    const { event } = this;
    const filled: Record<string, unknown> = { ...answer };
    const fill = (name: string, value: unknown): void => {
      if (!filled[name] && value) filled[name] = value;
    };
    fill("platform", event.address.platform);
    if (answer.type !== "presence" && !filled["channel_id"]) Object.assign(filled, event.address);
    if (answer.type !== "stream" && answer.type !== "rpc" && !answer.message_key) fill("message_key", this.#nextKey());
    fill("trace_id", event.trace_id);
    if (["message", "file", "buttons"].includes(answer.type)) fill("interaction_id", event.interaction_id);
    return filled as unknown as Envelope;
  }

  #streamed(options: StreamOptions): StreamOptions {
    const traceId = options.traceId ?? this.event.trace_id;
    return { ...options, id: options.id ?? this.#nextKey(), ...(traceId ? { traceId } : {}) };
  }
}
