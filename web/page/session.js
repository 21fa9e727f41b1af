// Who the visitor is: a signed cookie, or, in a frame that is kept from having
// cookies, a session that the page holds itself.

/** Ask the gateway for a session, or have the one renewed that there is. */
export class Session {
  visitor = null;
  #root;
  #shelf;
  #token;
  #framed;

  constructor(root, shelf, { token = null, framed = false } = {}) {
    [this.#root, this.#shelf, this.#token, this.#framed] = [root, shelf, token, framed];
  }

  /** What a page without a cookie names in `hello` and when it uploads. */
  get held() { return this.#framed ? this.#shelf.get("session") : null; }

  set token(token) { this.#token = token; }

  /** Rejects with an Error; its `final` says that asking again is of no use. */
  async authorize() {
    const body = { token: this.#token, session: this.held, keep: this.#framed || null };
    const asked = Object.fromEntries(Object.entries(body).filter(([, value]) => value));
    const response = await fetch(new URL("-/session", this.#root), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
      signal: AbortSignal.timeout?.(10_000),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw refusal(response.status, answer.error);
    this.visitor = answer.visitor;
    if (this.#framed && answer.session) this.#shelf.set("session", answer.session);
  }
}

function refusal(status, error) {
  const final = status === 400 || status === 401 || status === 403 || status === 404;
  return Object.assign(new Error(error?.message ?? `The gateway answered with status ${status}.`), { final });
}

/** Takes the token out of the address, where it must not stay. */
export function tokenFromAddress(location, history) {
  const fields = new URLSearchParams(location.hash.slice(1));
  const token = fields.get("token");
  if (token) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}
