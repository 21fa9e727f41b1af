// How a worker receives, and how it streams. All times are in ms.

import type { Event, OutboundFields } from "./wire.js";
import type { View } from "./envelope.js";

/** How events are handled. The default is good. */
export interface ReceiveOptions {
  /** The kinds that the handler is for; the others are finished unseen. Default: all but status. */
  events?: readonly Event["event"][];
  /** How many conversations are worked on at a time; default 16. */
  concurrency?: number;
  /**
   * How often an event is tried before it is a dead letter; default 5. An
   * attempt in which the worker died counts, one that was ended by stopping
   * does not.
   */
  maxAttempts?: number;
  /**
   * The pause after the first attempt, doubled with each, up to maxBackoff; half
   * of it is left to chance. Default 1 s. The conversation waits meanwhile.
   */
  backoff?: number;
  /** default 1 minute */
  maxBackoff?: number;
  /**
   * How long after a worker's death another takes its conversations; default
   * 15 s. It is renewed each third of it, however long the handler takes.
   */
  lease?: number;
  /**
   * How long an event may lie that somebody read without this recipe, and left
   * pending, until it is handled here; default 60 s.
   */
  minIdle?: number;
  /** How long running handlers may go on after a stop, before their signals are aborted; default 30 s. */
  drain?: number;
  /** How long dead letters are kept; default 30 days. */
  deadRetention?: number;
  /** Stops the receiving when it is aborted. */
  signal?: AbortSignal;
}

/** Every receive option but the signal, with its default. */
export type Complete = Required<Omit<ReceiveOptions, "signal" | "events">> & Pick<ReceiveOptions, "events">;

/** Fills the defaults in. Throws RangeError for what makes no sense. */
export function complete({ signal: _, ...options }: ReceiveOptions): Complete {
  const o: Complete = {
    concurrency: 16,
    maxAttempts: 5,
    backoff: 1_000,
    maxBackoff: Math.max(60_000, options.backoff ?? 0),
    lease: 15_000,
    minIdle: 60_000,
    drain: 30_000,
    deadRetention: 30 * 24 * 3_600_000,
    ...options,
  };
  const right: [boolean, string][] = [
    [o.concurrency >= 1 && o.concurrency <= 1000, `concurrency is ${o.concurrency}, expected 1 to 1000`],
    [o.maxAttempts >= 1, `maxAttempts is ${o.maxAttempts}, expected 1 or more`],
    [
      o.backoff >= 0 && o.backoff <= o.maxBackoff,
      `backoff is ${o.backoff} and maxBackoff ${o.maxBackoff}, expected the first to be the smaller`,
    ],
    [o.lease >= 1_000, `lease is ${o.lease}, expected 1000 ms or more`],
    [o.minIdle >= o.lease, `minIdle is ${o.minIdle}, expected at least the lease, ${o.lease}`],
    [
      o.drain >= 0 && o.deadRetention >= 0,
      `drain is ${o.drain} and deadRetention ${o.deadRetention}, expected none below 0`,
    ],
  ];
  for (const [ok, problem] of right) if (!ok) throw new RangeError(`receive: ${problem}`);
  return o;
}

/** What a stream is beside its text. The default is good. */
export interface StreamOptions {
  /** its stream_id; default: a new one */
  id?: string;
  /** the least time between two snapshots; default 250 ms */
  every?: number;
  format?: NonNullable<OutboundFields["format"]>;
  /** the id of the message that it answers */
  replyTo?: string;
  /** the buttons below it */
  view?: View;
  traceId?: string;
}
