// The tab's title says where one is, and how much came while one looked elsewhere.

export class Unread {
  #title;
  #room = null;
  #count = 0;

  constructor(title) {
    this.#title = title;
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#set(0); });
  }

  follow(conversation) {
    this.#room = conversation;
    this.#set(0);
    conversation.addEventListener("welcome", () => { if (this.#room === conversation) this.#set(this.#count); });
    conversation.addEventListener("arrived", ({ detail }) => {
      if (this.#room !== conversation || !document.hidden || detail.caughtUp) return;
      const foreign = detail.ids.filter((id) => conversation.room.get(id)?.from?.id !== conversation.you.id);
      this.#set(this.#count + foreign.length);
    });
  }

  #set(count) {
    this.#count = count;
    const { channel, bot, title } = this.#room ?? {};
    const place = channel === "dm" ? bot.name : `#${channel}`;
    document.title = `${count ? `(${count}) ` : ""}${place} · ${title ?? this.#title}`;
    // A page that holds us in a frame may show it too; it says nothing else of ours.
    if (window.parent !== window) window.parent.postMessage({ postern: "unread", count }, "*");
  }
}
