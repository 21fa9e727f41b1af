// One Redis, and the connections that blocking commands need of it.

import { Redis, type RedisOptions } from "ioredis";

/** Says what no error can say. The default says nothing. */
export type Log = (message: string, error?: unknown) => void;

/**
 * The longest that Redis is left to hold an answer back, so that a connection
 * which died in silence is noticed.
 */
export const block = 1_000; // ms

/**
 * A command is asked once: asked again after a lost answer, it would publish
 * twice. A connection that owes an answer for so long is given up.
 */
const careful = {
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 1,
  connectTimeout: 2_000,
  commandTimeout: 3_000,
} satisfies RedisOptions;

/**
 * A connection waits for one blocking command at a time, and whatever is sent
 * on it meanwhile waits too. So each such command borrows a connection.
 */
export class Link {
  readonly redis: Redis;
  readonly log: Log;
  readonly #owned: boolean;
  readonly #idle: Redis[] = [];
  readonly #blocking = new Set<Redis>();
  #closed = false;

  constructor(redis: Redis | string, log: Log) {
    this.log = log;
    this.#owned = typeof redis === "string";
    this.redis = typeof redis === "string" ? quiet(new Redis(redis, careful)) : redis;
  }

  /** Runs a blocking command on a connection of its own. */
  async blocking<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("the client is closed");
    const redis = this.#idle.pop() ?? this.#open();
    try {
      return await command(redis);
    } finally {
      this.#idle.push(redis);
    }
  }

  #open(): Redis {
    const redis = quiet(this.redis.duplicate(careful));
    this.#blocking.add(redis);
    return redis;
  }

  /** Closes the connections that are ours: what still waits on them fails. */
  close(): void {
    this.#closed = true;
    for (const redis of this.#blocking) redis.disconnect();
    if (this.#owned) this.redis.disconnect();
  }
}

/**
 * A connection that breaks is made again, and the commands that it held fail:
 * whoever sent them hears of it. Without a listener, ioredis would print it.
 */
function quiet(redis: Redis): Redis {
  return redis.on("error", () => undefined);
}
