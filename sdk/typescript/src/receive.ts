// Receiving: events are taken as there is room, and kept while they are handled.

import { randomUUID } from "node:crypto";
import { Backoff, pause } from "./backoff.js";
import type { Client } from "./client.js";
import { block } from "./link.js";
import type { Handler } from "./message.js";
import { complete, type Complete, type ReceiveOptions } from "./options.js";
import { Run } from "./run.js";
import { Turns, type Taken } from "./turns.js";

const poll = 1_000; // ms; at least this often is asked whose turn it is
const sweep = 30_000; // ms between two looks for what others left pending
const unsure = 64; // takes without an answer that are remembered, the newest

/**
 * One run of Client.receive.
 *
 *     bell ─► take ─► Run ─► done, dead or again
 *               ▲      │  keep renews their leases
 *               └──────┘  when one ends
 */
export class Receiver {
  readonly #client: Client;
  readonly #handler: Handler;
  readonly #options: Complete;
  readonly #turns: Turns;
  readonly #runs = new Set<Run>();
  readonly #ended = new AbortController();
  #wake = new AbortController(); // aborted: there may be something to take
  #listening = false;
  #unanswered: string[] = []; // the tokens of the takes since the last answer
  #cursor = "";
  #swept = -Infinity;

  constructor(client: Client, handler: Handler, options: ReceiveOptions) {
    this.#client = client;
    this.#handler = handler;
    this.#options = complete(options);
    const { lease, minIdle, deadRetention } = this.#options;
    const { names, group, consumer, link } = client;
    this.#turns = new Turns(link, { stream: names.inboundStream, group, consumer, lease, minIdle, deadRetention });
  }

  /**
   * Takes until the signal, and then waits until the handlers have ended. After
   * a while it aborts their signals, and waits on: a handler that heeds nothing
   * holds its worker up.
   */
  async run(signal?: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake.abort();
    signal?.addEventListener("abort", stop);
    const keeper = setInterval(() => void this.#keep(), this.#options.lease / 3);
    try {
      await this.#taking(signal);
      const drain = setTimeout(() => this.#runs.forEach((run) => run.stop()), this.#options.drain);
      await Promise.all([...this.#runs].map((run) => run.ended));
      clearTimeout(drain);
    } finally {
      clearInterval(keeper);
      signal?.removeEventListener("abort", stop);
      this.#ended.abort();
    }
  }

  async #taking(signal?: AbortSignal): Promise<void> {
    const trouble = new Backoff(100, 5_000);
    while (signal?.aborted !== true) {
      this.#wake = new AbortController();
      const want = this.#options.concurrency - this.#runs.size;
      if (want === 0) {
        await this.#woken();
        continue;
      }
      let taken: Taken;
      try {
        taken = await this.#take(want);
      } catch (error) {
        if (trouble.tries === 0) this.#client.link.log("no events can be taken; trying again", error);
        await this.#woken(trouble.next());
        continue;
      }
      trouble.reset();
      for (const ticket of taken.tickets) {
        const run = new Run(this.#client, this.#turns, this.#handler, this.#options, ticket);
        this.#runs.add(run);
        void run.ended.then(() => {
          this.#runs.delete(run);
          this.#wake.abort();
        });
      }
      if (taken.tickets.length < want && !taken.more && this.#cursor === "") {
        void this.#listen(taken.last);
        await this.#woken(taken.next < 0 ? poll : Math.min(poll, taken.next + 1));
      }
    }
  }

  async #take(want: number): Promise<Taken> {
    if (this.#cursor === "" && performance.now() - this.#swept > sweep) this.#cursor = "0-0";
    const token = `${this.#client.consumer} ${randomUUID()}`;
    const unanswered = this.#unanswered;
    this.#unanswered = [...unanswered, token].slice(-unsure);
    const taken = await this.#turns.take({ token, want, cursor: this.#cursor, unanswered });
    this.#unanswered = [];
    if (this.#cursor !== "" && taken.cursor === "0-0") this.#swept = performance.now();
    this.#cursor = taken.cursor === "0-0" ? "" : taken.cursor;
    const { link, names } = this.#client;
    if (taken.made) link.log(`the group was missing and has been made: every event that is left in ${names.inboundStream} comes again`);
    if (taken.gone > 0) link.log(`${taken.gone} events were trimmed from ${names.inboundStream} before their turn; they are lost`);
    return taken;
  }

  /** Waits until there may be something to take, or for so many ms. */
  #woken(within = 0x7fffffff): Promise<void> {
    return pause(within, this.#wake.signal);
  }

  /** The bell: wakes us for what comes after id. One that still listens, from earlier on, rings the sooner. */
  async #listen(id: string): Promise<void> {
    if (this.#listening) return;
    this.#listening = true;
    try {
      const stream = this.#client.names.inboundStream;
      await this.#client.link.blocking((redis) => redis.xread("COUNT", 1, "BLOCK", block, "STREAMS", stream, id));
    } catch {
      await pause(block, this.#ended.signal); // the take says what is wrong
    }
    this.#listening = false;
    this.#wake.abort();
  }

  /** Renews the leases of what is running. What it cannot renew in time, the run itself gives up. */
  async #keep(): Promise<void> {
    const runs = [...this.#runs];
    if (runs.length === 0) return;
    try {
      const { kept, until } = await this.#turns.keep(runs.map((run) => run.ticket));
      runs.forEach((run, i) => {
        if (!this.#runs.has(run)) return;
        if (kept[i]) run.extend(until);
        else run.lose();
      });
    } catch (error) {
      this.#client.link.log(`the leases of ${runs.length} events could not be renewed`, error);
    }
  }
}
