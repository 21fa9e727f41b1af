// What the visitor did and the gateway has not confirmed. It lies in the
// browser's storage, an item an entry, so that a reload loses nothing and two
// tabs do not write over each other. If the page dies here, the entry is sent
// by the next one, with the same id: the gateway takes an id once.

import { newId } from "./ids.js";

const shelfName = "out/";

/**
 * An entry: {id, channel, at, frame, failed?, note?}. frame is what goes over
 * the socket, id included; note is what only this page needs, such as the names
 * of the files that are being sent.
 */
export class Outbox extends EventTarget {
  #shelf;
  #entries = new Map(); // by name on the shelf, in the order of making
  #last = 0;

  constructor(shelf) {
    super();
    this.#shelf = shelf;
    this.reload();
  }

  /** Reads what is kept: at the start, and when another tab has changed it. */
  reload() {
    this.#entries = new Map();
    for (const name of this.#shelf.names(shelfName)) {
      const entry = this.#shelf.get(name);
      if (entry?.id && entry.channel && entry.frame?.t) this.#entries.set(name, entry);
      // A clock that was set back must not put the new before the old.
      this.#last = Math.max(this.#last, Number.parseInt(name.slice(shelfName.length), 10) || 0);
    }
    this.#changed();
  }

  /** Keeps something to be sent to a room, behind all that waits. */
  add(channel, frame, note) {
    // Two in one millisecond must keep their order, also after a reload.
    this.#last = Math.max(Date.now(), this.#last + 1);
    const id = newId();
    const entry = { id, channel, at: this.#last / 1000, frame: { ...frame, id }, ...(note && { note }) };
    this.#keep(`${shelfName}${String(this.#last).padStart(16, "0")}-${id}`, entry);
    return entry;
  }

  /** What is unconfirmed in a room, oldest first. */
  of(channel) { return [...this.#entries.values()].filter((entry) => entry.channel === channel); }

  /** What is to be sent next to a room. A failed entry waits for its person. */
  next(channel) { return this.of(channel).find((entry) => !entry.failed); }

  /** The rooms to which something is to be sent. */
  channels() { return [...new Set([...this.#entries.values()].filter((e) => !e.failed).map((e) => e.channel))]; }

  /** Takes an entry out: it is done, or nobody wants it any more. */
  remove(id) {
    const [name, entry] = this.#find(id);
    if (!name) return null;
    this.#entries.delete(name);
    this.#shelf.set(name, null);
    this.#changed();
    return entry;
  }

  /** Marks an entry as refused for good. */
  fail(id, reason) { this.#change(id, { failed: reason || "This could not be sent." }); }

  /** Lets a failed entry be sent again. */
  retry(id) { this.#change(id, { failed: undefined }); }

  #change(id, change) {
    const [name, entry] = this.#find(id);
    if (name) this.#keep(name, { ...entry, ...change });
  }

  #find(id) { return [...this.#entries].find(([, entry]) => entry.id === id) ?? []; }

  #keep(name, entry) {
    this.#entries.set(name, entry);
    this.#shelf.set(name, entry);
    this.#changed();
  }

  #changed() { this.dispatchEvent(new Event("change")); }
}
