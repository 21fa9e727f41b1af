// The socket to one room, made again for as long as it is wanted. It knows
// nothing of what the frames mean but `welcome`, which is when a link is open.

const backoff = { first: 250, most: 5_000 }; // ms
const welcomeWithin = 10_000; // ms, of connecting: a gateway that hangs is one that is away
const pingEvery = 20_000;
const pongWithin = 8_000;
const later = { 1013: 3_000, 4429: 10_000 }; // close codes that ask for patience, ms

/** The wait before the n-th attempt in a row, jittered so that a thousand pages do not return at once. */
export function delay(attempt, random = Math.random) {
  const most = Math.min(backoff.most, backoff.first * 2 ** Math.min(attempt, 10));
  return most / 2 + (random() * most) / 2;
}

/**
 * Events: "state" (detail: "connecting" | "open" | "away" | "refused"), "frame"
 * (detail: what came), "sent" (detail: what went). `refused` ends it; reason
 * says why.
 *
 * ports: {url, hello() → frame, authorize() → Promise, open(url) → WebSocket}.
 */
export class Link extends EventTarget {
  state = "connecting";
  reason = "";
  denied = false; // refused for want of a session: a token may help
  #ports;
  #socket = null;
  #current = null; // the attempt under way: an older one has no say
  #attempt = 0;
  #timers = new Map();
  #authorized = false;
  #closed = false;

  constructor(ports) {
    super();
    this.#ports = ports;
  }

  /** Begins, or begins again after a refusal. */
  start() {
    this.denied = false;
    this.#become("connecting");
    this.#connect();
  }

  /** Ends the link for good. */
  close() {
    this.#closed = true;
    this.#drop();
  }

  /** Tries at once, when there is reason to hope: the network is back, the page is looked at. */
  hurry() {
    if (this.#closed || this.state === "open" || this.state === "refused" || !this.#timers.has("again")) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Sends a frame. Returns false, and sends nothing, if the link is not open. */
  send(frame) {
    if (this.state !== "open") return false;
    this.#transmit(frame);
    return true;
  }

  async #connect() {
    this.#drop();
    const attempt = (this.#current = {});
    if (!this.#authorized) {
      try {
        await this.#ports.authorize();
        this.#authorized = true;
      } catch (error) {
        if (this.#closed || this.#current !== attempt) return;
        if (error?.final) this.#refuse(error.message, true);
        else this.#lost(0, "");
        return;
      }
      if (this.#closed || this.#current !== attempt) return;
    }
    let socket;
    try {
      socket = (this.#ports.open ?? ((url) => new WebSocket(url)))(this.#ports.url);
    } catch (error) {
      this.#refuse(String(error?.message ?? error));
      return;
    }
    this.#socket = socket;
    const mine = (f) => (event) => { if (this.#socket === socket) f(event); };
    socket.addEventListener("open", mine(() => this.#transmit(this.#ports.hello())));
    socket.addEventListener("message", mine((event) => this.#take(event.data)));
    socket.addEventListener("close", mine((event) => this.#lost(event.code, event.reason)));
    this.#after("welcome", welcomeWithin, () => this.#lost(0, ""));
  }

  #take(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return; // not ours to judge
    }
    this.#after("pong", 0, null);
    this.#after("ping", pingEvery, () => this.#ping());
    if (frame?.t === "welcome") {
      this.#after("welcome", 0, null);
      this.#attempt = 0;
      this.#become("open");
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #ping() {
    if (!this.send({ t: "ping" })) return;
    this.#after("pong", pongWithin, () => this.#lost(0, ""));
  }

  #lost(code, reason) {
    this.#drop();
    if (this.#closed) return;
    if (code === 4403) return this.#refuse(reason || "This room is somebody else's.");
    if (code === 4400) return this.#refuse(reason || "This page is older than the gateway. Reload it.");
    this.#become("away");
    if (code === 4401) this.#authorized = false;
    const wait = Math.max(delay(this.#attempt++), later[code] ?? 0);
    this.#after("again", wait, () => this.#connect());
  }

  #refuse(reason, denied = false) {
    [this.reason, this.denied] = [reason, denied];
    this.#become("refused");
  }

  // A socket on a dead network takes minutes to close: it is not waited for.
  #drop() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #transmit(frame) {
    this.#socket?.send(JSON.stringify(frame));
    this.dispatchEvent(new CustomEvent("sent", { detail: frame }));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  #after(name, ms, f) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    if (f) this.#timers.set(name, setTimeout(() => { this.#timers.delete(name); f(); }, ms));
  }
}
