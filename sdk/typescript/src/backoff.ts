// Pauses.

import { setTimeout as sleep } from "node:timers/promises";

/**
 * A pause, in ms, that doubles with each failure in a row. Half of it is left
 * to chance: workers that failed together should not come back together.
 */
export class Backoff {
  constructor(
    private readonly least: number,
    private readonly most: number,
    public tries = 0,
  ) {}

  next(): number {
    const pause = Math.min(this.most, this.least * 2 ** Math.min(this.tries++, 60));
    return pause / 2 + Math.random() * (pause / 2);
  }

  reset(): void {
    this.tries = 0;
  }
}

/** Waits for so many ms, or until the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
