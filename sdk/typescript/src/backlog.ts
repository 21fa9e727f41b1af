// The cap that a gateway puts on what waits for a platform.

import { BacklogFull } from "./errors.js";
import type { Link } from "./link.js";
import type { Names } from "./names.js";

/**
 * Refuses to publish where the cap is reached. An entry leaves its stream when
 * it is finished, so the stream's length is what waits. Several producers may
 * pass at the same time and go a little over. A gateway that has not said its
 * cap has none.
 */
export async function checkBacklog(link: Link, names: Names, platform: string): Promise<void> {
  const cap = Number((await link.redis.hget(names.platform(platform), "backlog_cap")) ?? 0);
  if (!(cap > 0)) return;
  const waiting = await link.redis.xlen(names.outbound(platform));
  if (waiting >= cap) throw new BacklogFull(platform, waiting, cap);
}
