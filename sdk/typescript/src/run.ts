// One attempt at one event: from its take to its end.

import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "./backoff.js";
import type { Client } from "./client.js";
import { decode } from "./codec.js";
import { Interrupted, Permanent, type Fault } from "./errors.js";
import { Message, type Handler } from "./message.js";
import type { Complete } from "./options.js";
import type { Ticket, Turns } from "./turns.js";
import type { Event } from "./wire.js";

/**
 * Runs the handler and tells Redis how it ended. If the process dies here, the
 * lease ends, and the event is another worker's: what that one publishes bears
 * the same keys.
 */
export class Run {
  /** Settles, never with an error, when the run has ended. */
  readonly ended: Promise<void>;
  readonly #client: Client;
  readonly #turns: Turns;
  readonly #handler: Handler;
  readonly #options: Complete;
  readonly #interrupt = new AbortController();
  #lease: NodeJS.Timeout;
  #lost = false;
  #stopping = false;

  constructor(
    client: Client,
    turns: Turns,
    handler: Handler,
    options: Complete,
    readonly ticket: Ticket,
  ) {
    this.#client = client;
    this.#turns = turns;
    this.#handler = handler;
    this.#options = options;
    this.#lease = this.#expire(ticket.until);
    this.ended = this.#work();
  }

  /** The lease was renewed, until then on performance.now's clock. */
  extend(until: number): void {
    clearTimeout(this.#lease);
    this.#lease = this.#expire(until);
  }

  /** The lease was not renewed, or somebody else has the event. */
  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#interrupt.abort(new Interrupted("the conversation has been given to another worker"));
  }

  /** The worker has to stop: the event is given back unless its handler ends well. */
  stop(): void {
    this.#stopping = true;
    this.#interrupt.abort(new Interrupted("the worker stops"));
  }

  #expire(until: number): NodeJS.Timeout {
    return setTimeout(() => this.lose(), Math.max(0, until - performance.now()));
  }

  async #work(): Promise<void> {
    try {
      await this.#attempt();
    } catch (error) {
      this.#client.link.log(`event ${this.ticket.id} was left unfinished`, error);
    } finally {
      clearTimeout(this.#lease);
    }
  }

  async #attempt(): Promise<void> {
    const { ticket } = this;
    const { maxAttempts, backoff, maxBackoff } = this.#options;
    if (ticket.attempt > maxAttempts) {
      return this.#bury("poison", `${ticket.attempt - 1} attempts were begun and none came to an end: the workers died in them`);
    }
    let message: Message;
    try {
      message = this.#message();
    } catch (error) {
      return this.#bury("undecodable", `read the event: ${text(error)}`);
    }
    const failure = await this.#handle(message);
    if (this.#lost) {
      this.#client.link.log(`event ${ticket.id} was given to another worker while it was handled here, attempt ${ticket.attempt}`);
    } else if (failure === undefined) {
      await this.#settle(() => this.#turns.done(ticket));
    } else if (this.#stopping) {
      await this.#settle(() => this.#turns.again(ticket, 0, false));
    } else if (failure.error instanceof Permanent || ticket.attempt >= maxAttempts) {
      await this.#bury("internal", text(failure.error));
    } else {
      const delay = new Backoff(backoff, maxBackoff, ticket.attempt - 1).next();
      this.#client.link.log(`event ${ticket.id} could not be handled, attempt ${ticket.attempt}, again in ${Math.round(delay)} ms`, failure.error);
      await this.#settle(() => this.#turns.again(ticket, delay, true));
    }
  }

  #message(): Message {
    const { ticket } = this;
    const data = ticket.fields.get("data");
    if (data === undefined) throw new Error('the entry has no field "data"');
    const event = decode(data) as Event;
    if (typeof event !== "object" || event === null || Array.isArray(event)) throw new Error("it is no map");
    const { platform, channel_id, thread_id } = event;
    const address = event.address ?? { platform, channel_id, ...(thread_id === undefined ? {} : { thread_id }) };
    return new Message(this.#client, { ...event, address }, ticket.id, ticket.attempt, this.#interrupt.signal);
  }

  /** What the handler threw, whatever that is; undefined: it ended well. */
  async #handle(message: Message): Promise<{ error: unknown } | undefined> {
    const { events } = this.#options;
    const kind = message.event.event;
    if (events === undefined ? kind === "status" : !events.includes(kind)) return undefined;
    try {
      await this.#handler(message);
      return undefined;
    } catch (error) {
      return { error };
    } finally {
      await message.expire();
    }
  }

  async #bury(code: Fault["code"], why: string): Promise<void> {
    const { id, attempt, fields } = this.ticket;
    this.#client.link.log(`event ${id} is a dead letter now, attempt ${attempt}: ${code}: ${why}`);
    const letter = {
      original_stream: this.#client.names.inboundStream,
      original_msg_id: id,
      code,
      error: why,
      attempt,
      data: fields.get("data") ?? "",
      ts: fields.get("ts") ?? "",
      trace_id: fields.get("trace_id") ?? "",
    };
    await this.#settle(() => this.#turns.done(this.ticket, letter));
  }

  /**
   * Tells Redis until it has heard, or the lease is over: then another worker
   * gets the event. Told twice does no harm.
   */
  async #settle(tell: () => Promise<boolean>): Promise<void> {
    const trouble = new Backoff(50, 2_000);
    while (!this.#lost) {
      try {
        await tell();
        return;
      } catch (error) {
        if (trouble.tries === 0) this.#client.link.log(`the end of event ${this.ticket.id} could not be written down; trying again`, error);
        await sleep(trouble.next());
      }
    }
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
