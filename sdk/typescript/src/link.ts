// One Redis, and the connections that blocking commands need of it.

import { Redis } from "ioredis";

/**
 * A connection waits for one blocking command at a time, and whatever is sent
 * on it meanwhile waits too. So each such command borrows a connection.
 */
export class Link {
  readonly #idle: Redis[] = [];
  readonly #all = new Set<Redis>();

  constructor(readonly redis: Redis) {
    this.#all.add(redis);
  }

  /**
   * A client that asks once: a command asked again after a lost answer would
   * publish twice.
   */
  static connect(url: string): Link {
    return new Link(quiet(new Redis(url, { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 1 })));
  }

  /** Runs a blocking command on a connection of its own. */
  async blocking<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = this.#idle.pop() ?? this.#open();
    try {
      return await command(redis);
    } finally {
      this.#idle.push(redis);
    }
  }

  #open(): Redis {
    const redis = quiet(this.redis.duplicate());
    this.#all.add(redis);
    return redis;
  }

  /** Closes every connection; a command that still waits fails. */
  close(): void {
    for (const redis of this.#all) redis.disconnect();
    this.#all.clear();
  }
}

/**
 * A connection that breaks is made again, and the commands that it held fail:
 * whoever sent them hears of it. Without a listener, ioredis would print it.
 */
function quiet(redis: Redis): Redis {
  return redis.on("error", () => undefined);
}
