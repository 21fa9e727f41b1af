// Chance that can be repeated: a failing test names its seed.

export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return { next, below, one: (list) => list[below(list.length)], shuffled: (list) => list.map((v) => [next(), v]).sort((a, b) => a[0] - b[0]).map(([, v]) => v) };
}

/** Runs a property for many seeds. */
export function forAll(runs, property) {
  for (let seed = 1; seed <= runs; seed++) {
    try {
      property(chance(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
