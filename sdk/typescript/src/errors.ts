// What can go wrong between a worker and its gateway.

import type { Reply } from "./wire.js";

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
 * The platform has as much waiting as the gateway's delivery.backlog_cap
 * allows. Nothing was published: try again later, or drop it.
 */
export class BacklogFull extends PosternError {
  constructor(
    readonly platform: string,
    readonly waiting: number,
    readonly cap: number,
  ) {
    super(`${platform} has ${waiting} envelopes waiting and takes ${cap} at most: nothing was published, try again later`);
  }
}

/**
 * No receipt or reply came in time. The entry is published all the same, and
 * still ends in one of its ways.
 */
export class NoAnswer extends PosternError {
  constructor(
    what: "receipt" | "reply",
    readonly platform: string,
    readonly entryId: string,
    milliseconds: number,
  ) {
    super(
      `no ${what} within ${milliseconds / 1000} s for entry ${entryId} of ${platform}: is a gateway running for it? see "postern status"`,
    );
  }
}

/** An RPC was answered with an error. */
export class CallFailed extends PosternError {
  constructor(
    readonly method: string,
    readonly fault: Fault,
  ) {
    super(`${method}: ${fault.code}: ${fault.field === undefined ? "" : `${fault.field}: `}${fault.message}`);
  }
}
