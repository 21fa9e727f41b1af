// What a gateway says of its platforms.

import { BacklogError } from "./errors.js";
import type { Link } from "./link.js";
import type { Names } from "./names.js";

/** A platform that no gateway has described is not known, and the rest empty. */
export interface Platform {
  readonly name: string;
  readonly known: boolean;
  /** webchat, discord … */
  readonly kind: string;
  /** connected, disconnected …, as postern status shows it */
  readonly state: string;
  /** by an operator: what is published waits */
  readonly paused: boolean;
  /** 0: none */
  readonly backlogCap: number;
  /** the active gateway node */
  readonly node: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
}

const fresh = 1_000; // ms that a description serves before Redis is asked again

/** Remembers the platforms' descriptions for a moment. */
export class Directory {
  readonly #seen = new Map<string, { at: number; platform: Platform }>();

  constructor(
    private readonly link: Link,
    private readonly names: Names,
  ) {}

  async look(name: string): Promise<Platform> {
    const last = this.#seen.get(name);
    if (last !== undefined && performance.now() - last.at < fresh) return last.platform;
    const told = await this.link.redis.hgetall(this.names.platform(name));
    const platform: Platform = {
      name,
      known: (told["kind"] ?? "") !== "",
      kind: told["kind"] ?? "",
      state: told["state"] ?? "",
      paused: told["paused"] === "1",
      backlogCap: Number(told["backlog_cap"] ?? 0) || 0,
      node: told["node"] ?? "",
      capabilities: JSON.parse(told["capabilities"] || "{}") as Record<string, unknown>,
    };
    this.#seen.set(name, { at: performance.now(), platform });
    return platform;
  }

  /**
   * Throws BacklogError if there is no room for one more envelope. An entry
   * leaves its stream when it is finished: its length is what waits.
   */
  async admit(name: string): Promise<void> {
    const { backlogCap, paused } = await this.look(name);
    if (backlogCap <= 0) return;
    const waiting = await this.link.redis.xlen(this.names.outbound(name));
    if (waiting >= backlogCap) throw new BacklogError(name, waiting, backlogCap, paused);
  }
}
