// What can go wrong between a worker and its gateway.

import type { Receipt, Reply } from "./wire.js";

/** What went wrong, as the gateway says it. `retry_after` is in seconds. */
export type Fault = NonNullable<Reply["error"]>;

/** Every error of this package, but for RangeError and those of ioredis. */
export class PosternError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * So much waits for a platform that nothing should be added, by the gateway's
 * delivery.backlog_cap. Nothing was published.
 */
export class BacklogError extends PosternError {
  constructor(
    readonly platform: string,
    readonly waiting: number,
    readonly cap: number,
    readonly paused: boolean,
  ) {
    const cure = paused
      ? `an operator resumes it: postern resume ${platform}`
      : "publish again later, or raise delivery.backlog_cap in the gateway's config";
    super(`backlog: ${waiting} envelopes wait for platform "${platform}"${paused ? ", which is paused" : ""}, its cap is ${cap}: ${cure}`);
  }
}

/**
 * A receipt of what did not reach the platform: it expired, is a dead letter,
 * or parked.
 */
export class DeliveryError extends PosternError {
  constructor(readonly receipt: Receipt) {
    super(`entry ${receipt.entry_id} is ${receipt.status}${receipt.error === undefined ? "" : `: ${describe(receipt.error)}`}`);
  }
}

/** A call that was answered with an error; `fault` is what the gateway says. */
export class RPCError extends PosternError {
  constructor(
    readonly platform: string,
    readonly method: string,
    readonly fault: Fault,
  ) {
    super(`call ${method} on "${platform}": ${describe(fault)}`);
  }
}

/**
 * No receipt or reply came in time. What was published is still the gateway's
 * to deliver.
 */
export class NoAnswer extends PosternError {}

/** Nothing was written to a stream, so there is no message. */
export class StreamEmpty extends PosternError {}

/**
 * The event has been given to another worker, or the worker stops: nothing more
 * is published for it. The reason of a handler's signal.
 */
export class Interrupted extends PosternError {}

/**
 * For handlers to throw: trying again does not cure this. The event is a dead
 * letter at once.
 */
export class Permanent extends PosternError {}

function describe({ code, field, message }: Fault): string {
  return `${code}: ${field === undefined ? "" : `${field}: `}${message}`;
}
