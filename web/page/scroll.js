// Where a log stands: it stays at its newest message while one is there, and
// where one reads otherwise, whatever grows above or below.

const near = 60; // px from the end that count as being there

/** Events: "pinned" when that changes, "top" when the beginning comes near. */
export class Scroll extends EventTarget {
  pinned = true;
  #box;
  #observer;
  #size = ""; // of the content and of its window, when last stood at the end

  constructor(box, content) {
    super();
    this.#box = box;
    box.addEventListener("scroll", () => this.#moved(), { passive: true });
    this.#observer = new ResizeObserver(() => { if (this.pinned) this.toEnd(); });
    this.#observer.observe(content);
    this.#observer.observe(box);
  }

  close() { this.#observer.disconnect(); }

  toEnd(smooth = false) {
    this.#pin(true);
    this.#size = this.#measure();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#box.scrollTo({ top: this.#box.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  }

  /** Changes what is above without moving what is read. */
  holding(change) {
    const before = this.#box.scrollHeight - this.#box.scrollTop;
    change();
    if (!this.pinned) this.#box.scrollTop = this.#box.scrollHeight - before;
  }

  #moved() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const there = scrollHeight - scrollTop - clientHeight < near;
    // A picture that came since moved the end away: nobody scrolled.
    if (this.pinned && !there && this.#size !== this.#measure()) return this.toEnd();
    this.#pin(there);
    if (scrollTop < clientHeight && scrollHeight > clientHeight) this.dispatchEvent(new Event("top"));
  }

  #measure() { return `${this.#box.scrollHeight}/${this.#box.clientHeight}`; }

  #pin(pinned) {
    if (this.pinned === pinned) return;
    this.pinned = pinned;
    this.dispatchEvent(new Event("pinned"));
  }
}
