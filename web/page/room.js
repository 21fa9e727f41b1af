// What is known of one room: its records, each as it last was. Frames may come
// twice, late, or again after a reconnect: the higher version wins, so the
// state is the same whatever the way it came.

export class Room {
  version = 0; // up to which everything has been seen; 0: nothing has
  more = false; // there are older records to ask for
  #records = new Map(); // by id
  #sorted = null;

  constructor(channel) {
    this.channel = channel;
  }

  /** Takes a `welcome`. Returns whether all that was known is forgotten. */
  welcome(frame) {
    if (frame.reset) {
      this.#records.clear();
      this.#sorted = null;
      this.version = 0;
      this.more = Boolean(frame.more);
    }
    return Boolean(frame.reset);
  }

  /** Takes a `records` frame. Returns the ids of what it changed. */
  apply(frame) {
    const changed = this.#upsert(frame.records);
    this.version = Math.max(this.version, frame.version ?? 0);
    return changed;
  }

  /** Takes an `older` frame: the past says nothing about what was seen. */
  prepend(frame) {
    this.more = Boolean(frame.more);
    return this.#upsert(frame.records);
  }

  get(id) { return this.#records.get(id); }
  get size() { return this.#records.size; }

  /** All records in the order in which they were made. */
  all() {
    this.#sorted ??= [...this.#records.values()].sort((a, b) => a.place - b.place);
    return this.#sorted;
  }

  /** The place before which older records are to be asked for; 0: none is known. */
  get first() { return this.all()[0]?.place ?? 0; }
  get last() { return this.all().at(-1)?.place ?? 0; }

  /** Everybody who has spoken, the latest first, by id. */
  speakers() {
    const found = new Map();
    for (const record of this.all().toReversed()) {
      if (record.from?.id && !found.has(record.from.id)) found.set(record.from.id, record.from);
    }
    return [...found.values()];
  }

  #upsert(records = []) {
    const changed = [];
    for (const record of records) {
      if (typeof record?.id !== "string" || this.#records.get(record.id)?.v >= record.v) continue;
      this.#records.set(record.id, record);
      changed.push(record.id);
    }
    if (changed.length > 0) this.#sorted = null;
    return changed;
  }
}
