// One message that grows while it is written.

import { randomUUID } from "node:crypto";
import { Backoff, pause } from "./backoff.js";
import type { Client } from "./client.js";
import type { Address } from "./compose.js";
import type { StreamEnvelope } from "./envelope.js";
import { StreamEmpty } from "./errors.js";
import type { StreamOptions } from "./options.js";
import type { Receipt } from "./wire.js";

const keep = 60_000; // ms; the gateway ends a stream 120 s after its last snapshot
const rate = 64; // bytes a millisecond of snapshots: each bears the whole text
const mostPause = 10_000; // ms between two tries to publish a snapshot

/**
 * Write to it as tokens come; each snapshot that is published has the whole
 * text so far, so losing one loses nothing. End it with close or abandon.
 *
 * Snapshots are numbered by the clock (unix milliseconds), so that a worker
 * which continues a dead one's stream is ahead of it.
 */
export class Stream {
  /** its stream_id: the target_key of edits and reactions to it */
  readonly id: string;
  readonly #client: Client;
  readonly #to: Address;
  readonly #options: StreamOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #end = new AbortController();
  readonly #publishing: Promise<void>;
  #news = new AbortController(); // aborted: there is more text
  #text = "";
  #seq = 0;
  #fault: unknown;

  /** When the signal is aborted nothing more is published. */
  constructor(client: Client, to: Address, options: StreamOptions, signal?: AbortSignal) {
    this.id = options.id ?? randomUUID();
    this.#client = client;
    this.#to = to;
    this.#options = options;
    this.#signal = signal;
    this.#publishing = this.#publish();
  }

  /** so far */
  get text(): string {
    return this.#text;
  }

  /** Appends to the text. Throws once the stream has ended, or if the text has become too long for an envelope. */
  write(token: string): void {
    this.#signal?.throwIfAborted();
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#end.signal.aborted) throw new RangeError("the stream has been closed");
    this.#text += token;
    this.#news.abort();
  }

  /**
   * Publishes the whole text as the stream's last. Throws StreamEmpty if nothing
   * was written: there is no message. After an error it may be called once more.
   */
  async close(): Promise<void> {
    await this.#client.publish(await this.#finish());
  }

  /** Is close that waits for the message's receipt. */
  async closeAndWait(): Promise<Receipt> {
    return this.#client.publishAndWait(await this.#finish());
  }

  /**
   * Ends the stream without a last word: the gateway finishes the message as it
   * stands after 120 s, or a handler that runs again continues it.
   */
  async abandon(): Promise<void> {
    this.#end.abort();
    this.#news.abort();
    await this.#publishing;
  }

  async #finish(): Promise<StreamEnvelope> {
    await this.abandon();
    this.#signal?.throwIfAborted();
    if (this.#text === "") throw new StreamEmpty("nothing was written to the stream");
    return { ...this.#snapshot(this.#text), final: true };
  }

  #snapshot(text: string): StreamEnvelope {
    this.#seq = Math.max(this.#seq + 1, Date.now());
    const { format, replyTo, view, traceId } = this.#options;
    return {
      type: "stream",
      ...this.#to,
      stream_id: this.id,
      seq: this.#seq,
      text,
      ...(format === undefined ? {} : { format }),
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
      ...(view === undefined ? {} : { view }),
      ...(traceId === undefined ? {} : { trace_id: traceId }),
    };
  }

  /**
   * Until the end: the first text at once, then what is new at most once in a
   * pause, and the same text again when none has come for so long that the
   * gateway would end the stream.
   */
  async #publish(): Promise<void> {
    const ended = this.#end.signal;
    const over = (): boolean => ended.aborted || this.#signal?.aborted === true;
    const every = this.#options.every ?? 250;
    const trouble = new Backoff(every, mostPause);
    while (!over()) {
      await pause(keep, this.#news.signal);
      if (over()) return;
      this.#news = new AbortController();
      const text = whole(this.#text);
      if (text === "") continue;
      const began = performance.now();
      try {
        await this.#client.publish(this.#snapshot(text));
      } catch (error) {
        if (error instanceof RangeError) {
          this.#fault = error;
          return;
        }
        // The next snapshot has all that this one had.
        if (trouble.tries === 0) this.#client.link.log(`a snapshot of ${this.id} was not published; trying again`, error);
        this.#news.abort();
        await pause(trouble.next(), ended);
        continue;
      }
      trouble.reset();
      await pause(Math.max(every, 2 * (performance.now() - began), Buffer.byteLength(text) / rate), ended);
    }
  }
}

/** Cuts off a character of which only the first half has come. */
function whole(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
}
