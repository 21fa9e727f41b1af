// Brings what waits for rooms that are not shown: typed while the gateway was
// away, left behind when the visitor went to another room. One room at a time,
// over a link of its own that ends when nothing is left.

export class Postman {
  #outbox;
  #open;
  #shown;
  #busy = false;

  constructor(outbox, open, shown) {
    [this.#outbox, this.#open, this.#shown] = [outbox, open, shown];
  }

  deliver() {
    const channel = this.#outbox.channels().find((name) => name !== this.#shown());
    if (this.#busy || channel == null) return;
    this.#busy = true;
    const conversation = this.#open(channel);
    const over = (again) => {
      this.#outbox.removeEventListener("change", look);
      conversation.close();
      this.#busy = false;
      if (again) this.deliver();
    };
    // The room may come to be shown meanwhile: then it brings them itself.
    const look = () => { if (!this.#outbox.next(channel) || this.#shown() === channel) over(true); };
    this.#outbox.addEventListener("change", look);
    conversation.addEventListener("state", () => {
      // Away again: the room shown will call when it is back.
      if (conversation.link.state === "away" || conversation.link.state === "refused") over(false);
    });
    conversation.start();
  }
}
