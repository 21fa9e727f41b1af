// One room as the visitor lives in it: what the gateway says of it, what waits
// to be sent to it, and the acts of the visitor. It knows no DOM.

import { Courier } from "./courier.js";
import { Link } from "./link.js";
import { draftOf, overlay } from "./overlay.js";
import { Room } from "./room.js";
import { newId } from "./ids.js";

const settleWithin = 1_500; // ms an act still shows after its `ok`, until its record comes
const typingEvery = 3_000;
const olderAtOnce = 50;

/**
 * Events: "change" (records or what is laid over them), "welcome", "people",
 * "presence", "typing", "state", "arrived" (detail: ids of records that came
 * live), "finished" (detail: a record whose stream ended), "refused" (detail: why).
 *
 * ports: {socket, session, outbox, name() → string, known: Room?}
 */
export class Conversation extends EventTarget {
  you = { id: null, name: "" };
  bot = { id: null, name: "Bot" };
  limits = { text: 16_384, file: 25e6, files: 10, name: 64 };
  presence = { status: "offline" };
  people = { count: 0, people: [] };
  greeting = null;
  title = null;
  welcomed = false;
  drafts = new Map(); // by record: the key it was shown under while it waited
  #typing = new Map();
  #settling = []; // entries that are done, while their records are on the way
  #answers = new Map(); // of what is not worth keeping over a reload
  #typedAt = 0;
  #askedOlder = null;
  #view = null;
  #over = new AbortController(); // ends its listening

  constructor(channel, ports) {
    super();
    this.channel = channel;
    this.outbox = ports.outbox;
    this.room = ports.known ?? new Room(channel);
    this.link = new Link({
      url: ports.socket,
      authorize: () => ports.session.authorize(),
      hello: () => ({
        t: "hello", channel,
        ...(this.room.version > 0 && { since: this.room.version }),
        ...(ports.name() && { name: ports.name() }),
        ...(ports.session.held && { session: ports.session.held }),
      }),
    });
    this.link.addEventListener("frame", (event) => this.#take(event.detail));
    this.link.addEventListener("state", () => this.#linkChanged());
    this.courier = new Courier(this.outbox, channel, this.link);
    this.courier.addEventListener("done", (event) => this.#done(event.detail));
    this.courier.addEventListener("failed", (event) => this.#failed(event.detail));
    this.outbox.addEventListener("change", () => this.#changed(), { signal: this.#over.signal });
  }

  start() { this.link.start(); }

  close() {
    this.#over.abort();
    this.courier.close();
    this.link.close();
    for (const { timer } of this.#typing.values()) clearTimeout(timer);
    for (const { timer } of this.#settling) clearTimeout(timer);
  }

  /** Records as the visitor sees them: with what waits laid over and put behind. */
  records() {
    if (this.#view) return this.#view;
    const waiting = this.outbox.of(this.channel);
    const entries = [...waiting, ...this.#settling.map((s) => s.entry)];
    const acts = entries.filter((entry) => entry.frame.t !== "send");
    const sent = this.room.all();
    const shown = acts.length === 0 ? sent : sent.map((record) => overlay(record, acts, this.you));
    return (this.#view = [...shown, ...this.#drafts(waiting).map((entry) => draftOf(entry, this.you))]);
  }

  get(id) { return this.records().find((record) => record.id === id); }

  /** Who may be meant by @: the bot, who is here, who has spoken. */
  names() {
    const all = [this.bot, ...this.people.people, ...this.room.speakers()];
    const known = new Map();
    for (const who of all) if (who?.id && who.name && who.id !== this.you.id && !known.has(who.id)) known.set(who.id, who);
    return [...known.values()];
  }

  say(text, { thread, reply_to, files = [] } = {}) {
    const quoted = reply_to && { id: reply_to.id, name: reply_to.from?.name, excerpt: reply_to.text?.slice(0, 140) };
    return this.outbox.add(this.channel, {
      t: "send", text,
      ...(thread && { thread }), ...(reply_to && { reply_to: reply_to.id }),
      ...(files.length && { files: files.map((file) => file.blob) }),
    }, { after: this.room.last, ...(quoted && { reply_to: quoted }), ...(files.length && { files }) });
  }

  edit(message, text) { this.#act({ t: "edit", message, text }); }
  remove(message) { this.#act({ t: "delete", message }); }
  react(message, emoji, remove) { this.#act({ t: "react", message, emoji, ...(remove && { remove: true }) }); }
  press(message, customId) { this.#act({ t: "press", message, custom_id: customId }); }

  typing(thread) {
    if (Date.now() - this.#typedAt < typingEvery) return;
    this.#typedAt = Date.now();
    this.link.send({ t: "typing", ...(thread && { thread }) });
  }

  /** Resolves with the name as it was taken. */
  rename(name) { return this.#ask({ t: "name", id: newId(), name }).then((ok) => { this.you = { ...this.you, name: ok.name ?? name }; this.#tell("welcome"); return this.you.name; }); }

  /** Asks for the past, once at a time. Resolves when it is there. */
  older() {
    if (!this.room.more || this.room.first === 0) return Promise.resolve();
    if (!this.#askedOlder) {
      if (!this.link.send({ t: "older", before: this.room.first, limit: olderAtOnce })) return Promise.resolve();
      this.#askedOlder = Promise.withResolvers?.() ?? deferred();
    }
    return this.#askedOlder.promise;
  }

  /** Who types now, in the room or in a thread. */
  typers(thread) { return [...this.#typing.values()].filter((t) => (t.thread ?? null) === (thread ?? null)).map((t) => t.who); }

  #act(frame) { this.outbox.add(this.channel, frame, { v: this.room.get(frame.message)?.v ?? 0 }); }

  #ask(frame) {
    const answer = deferred();
    if (this.link.send(frame)) this.#answers.set(frame.id, answer);
    else answer.reject(new Error("The gateway is away."));
    return answer.promise;
  }

  #take(frame) {
    switch (frame?.t) {
      case "welcome": return this.#welcome(frame);
      case "records": return this.#records(frame);
      case "older":
        this.room.prepend(frame);
        this.#askedOlder?.resolve();
        this.#askedOlder = null;
        return this.#changed();
      case "typing": return this.#types(frame);
      case "presence": this.presence = frame; return this.#tell("presence");
      case "people": this.people = { count: frame.count, people: frame.people ?? [] }; return this.#tell("people");
      case "ok": this.#answers.get(frame.id)?.resolve(frame); return void this.#answers.delete(frame.id);
      case "error": this.#answers.get(frame.id)?.reject(new Error(frame.message)); return void this.#answers.delete(frame.id);
    }
  }

  #welcome(frame) {
    this.room.welcome(frame);
    Object.assign(this, {
      you: frame.you ?? this.you, bot: frame.bot ?? this.bot, title: frame.title ?? null, greeting: frame.greeting ?? null,
      limits: { ...this.limits, ...frame.limits }, presence: frame.presence ?? this.presence, info: frame.channel,
    });
    this.fresh = true; // the next records are what was missed, not news
    this.welcomed = true;
    this.#tell("welcome");
    this.#changed();
  }

  #records(frame) {
    const live = (frame.records ?? []).filter((r) => this.room.get(r.id)?.live && !r.live && !r.deleted);
    const known = new Set((frame.records ?? []).filter((r) => this.room.get(r.id)).map((r) => r.id));
    const changed = this.room.apply(frame);
    for (const id of changed) this.#settle(id);
    for (const id of changed) this.#types({ who: this.room.get(id).from, for: 0, thread: this.room.get(id).thread });
    this.#changed();
    for (const record of live) this.dispatchEvent(new CustomEvent("finished", { detail: record }));
    const arrived = changed.filter((id) => !known.has(id));
    if (arrived.length) this.dispatchEvent(new CustomEvent("arrived", { detail: { ids: arrived, caughtUp: this.fresh } }));
    this.fresh = false;
  }

  #types({ who, for: seconds, thread }) {
    if (!who?.id || who.id === this.you.id) return;
    const key = `${who.id}/${thread ?? ""}`;
    clearTimeout(this.#typing.get(key)?.timer);
    const was = this.#typing.delete(key);
    const ms = Math.min(120, Number(seconds) || 0) * 1000;
    if (ms > 0) this.#typing.set(key, { who, thread, timer: setTimeout(() => { this.#typing.delete(key); this.#tell("typing"); }, ms) });
    if (was || ms > 0) this.#tell("typing");
  }

  // A message that is refused waits for its person to see to it. Nothing shows
  // of an act that is: it is taken out, and said why.
  #failed({ entry, error }) {
    if (entry.frame.t === "send") return;
    this.outbox.remove(entry.id);
    this.dispatchEvent(new CustomEvent("refused", { detail: error.message }));
  }

  #done({ entry, ok }) {
    if (ok.message) this.drafts.set(ok.message, `out:${entry.id}`);
    const done = { entry, message: ok.message, timer: 0 };
    const record = this.room.get(entry.frame.message);
    const here = entry.frame.t === "send" ? this.room.get(ok.message) : record && record.v > (entry.note?.v ?? 0);
    if (here) return;
    done.timer = setTimeout(() => { this.#settling = this.#settling.filter((s) => s !== done); this.#changed(); }, settleWithin);
    this.#settling.push(done);
  }

  #settle(id) {
    const record = this.room.get(id);
    this.#settling = this.#settling.filter((s) => {
      const here = s.message === id || (s.entry.frame.message === id && record.v > (s.entry.note?.v ?? 0));
      if (here) clearTimeout(s.timer);
      return !here;
    });
  }

  // A message's record may come before its `ok`: it is not shown twice meanwhile.
  #drafts(waiting) {
    const sends = [...this.#settling.map((s) => s.entry), ...waiting].filter((entry) => entry.frame.t === "send");
    if (sends.length === 0) return sends;
    const mine = this.room.all().filter((r) => r.from?.id === this.you.id);
    const taken = new Set();
    return sends.filter((entry) => {
      const twin = mine.find((r) => r.place > (entry.note?.after ?? 0) && !taken.has(r.id) &&
        r.text === entry.frame.text && (r.thread ?? undefined) === entry.frame.thread);
      if (twin) {
        taken.add(twin.id);
        this.drafts.set(twin.id, `out:${entry.id}`);
      }
      return !twin;
    });
  }

  #linkChanged() {
    if (this.link.state !== "open") {
      for (const answer of this.#answers.values()) answer.reject(new Error("The gateway went away."));
      this.#answers.clear();
      this.#askedOlder?.resolve();
      this.#askedOlder = null;
    }
    this.#tell("state");
  }

  #changed() {
    this.#view = null;
    this.#tell("change");
  }

  #tell(what) { this.dispatchEvent(new Event(what)); }
}

function deferred() {
  const d = {};
  d.promise = new Promise((resolve, reject) => Object.assign(d, { resolve, reject }));
  d.promise.catch(() => {}); // whoever asked hears of it; nobody else need
  return d;
}
