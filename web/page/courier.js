// Carries a room's outbox over its link: one entry at a time, so that nothing
// overtakes what was done before it. An entry leaves the outbox with its `ok`.

const answerWithin = 15_000; // ms; then the link is as good as dead
const retryable = new Set(["rate_limited", "unavailable", "transient"]);
const patience = 2_000; // ms, where a retryable error names no time

/** Events: "done" (detail: {entry, ok}), "failed" (detail: {entry, error}). */
export class Courier extends EventTarget {
  #outbox;
  #channel;
  #link;
  #carrying = null; // the entry that awaits its answer
  #timer = 0;
  #over = new AbortController(); // ends its listening

  constructor(outbox, channel, link) {
    super();
    [this.#outbox, this.#channel, this.#link] = [outbox, channel, link];
    const { signal } = this.#over;
    outbox.addEventListener("change", () => this.#carry(), { signal });
    link.addEventListener("state", () => this.#begin(), { signal });
    link.addEventListener("frame", (event) => this.#take(event.detail), { signal });
  }

  close() {
    clearTimeout(this.#timer);
    this.#over.abort();
  }

  // A new link knows nothing of what the last one was asked.
  #begin() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#carrying = null;
    this.#carry();
  }

  #carry() {
    if (this.#carrying || this.#timer || this.#link.state !== "open") return;
    const entry = this.#outbox.next(this.#channel);
    if (!entry) return;
    this.#carrying = entry;
    if (this.#link.send(entry.frame)) this.#wait(answerWithin, () => this.#begin());
    else this.#carrying = null;
  }

  #take(frame) {
    const entry = this.#carrying;
    if (!entry || frame.id !== entry.id || (frame.t !== "ok" && frame.t !== "error")) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#carrying = null;
    if (frame.t === "ok") {
      this.dispatchEvent(new CustomEvent("done", { detail: { entry, ok: frame } }));
      this.#outbox.remove(entry.id);
    } else if (retryable.has(frame.code)) {
      this.#wait(frame.retry_after ? frame.retry_after * 1000 : patience, () => this.#carry());
      return;
    } else {
      this.#outbox.fail(entry.id, frame.message);
      this.dispatchEvent(new CustomEvent("failed", { detail: { entry, error: frame } }));
    }
    this.#carry();
  }

  #wait(ms, f) {
    this.#timer = setTimeout(() => { this.#timer = 0; this.#carrying = null; f(); }, ms);
  }
}
