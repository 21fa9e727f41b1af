// The browser's storage, which a frame on another site may be refused: then
// what is said lives as long as the page.

/** A Storage that always works. */
export function openStorage(get = () => globalThis.localStorage) {
  try {
    const storage = get();
    const probe = "postern/probe";
    storage.setItem(probe, "1");
    storage.removeItem(probe);
    return storage;
  } catch {
    return new Memory();
  }
}

/** What of a Storage this page uses, kept in memory. */
export class Memory {
  #items = new Map();
  get length() { return this.#items.size; }
  key(n) { return [...this.#items.keys()][n] ?? null; }
  getItem(key) { return this.#items.get(key) ?? null; }
  setItem(key, value) { this.#items.set(key, String(value)); }
  removeItem(key) { this.#items.delete(key); }
}

/** Keys of one chat on this origin; several gateways may share it. */
export class Shelf {
  #storage;
  #prefix;
  constructor(storage, prefix) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  get(name, otherwise = null) {
    try {
      return JSON.parse(this.#storage.getItem(this.#prefix + name)) ?? otherwise;
    } catch {
      return otherwise; // somebody else's, or cut off: as good as none
    }
  }

  /** Reports whether it is kept: a full storage is no reason to stop. */
  set(name, value) {
    try {
      if (value == null) this.#storage.removeItem(this.#prefix + name);
      else this.#storage.setItem(this.#prefix + name, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }

  /** The names under which something is kept that begin so, sorted. */
  names(beginning) {
    const found = [];
    for (let n = 0; n < this.#storage.length; n++) {
      const key = this.#storage.key(n);
      if (key?.startsWith(this.#prefix + beginning)) found.push(key.slice(this.#prefix.length));
    }
    return found.sort();
  }
}
