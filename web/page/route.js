// Where the visitor is, as the address says it: <root>[<channel>[/<thread>]].

const name = /^(?!-)(?!\.+$)[A-Za-z0-9._~-]{1,64}$/;

export const validName = (text) => name.test(text ?? "");

/** Reads an address. home is the room at the root itself. */
export function read(location, root, home) {
  const base = new URL(root).pathname;
  const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : "";
  const [channel, thread] = path.split("/");
  return { channel: validName(channel) ? channel : home, thread: validName(thread) ? thread : null };
}

/** The address of a room or of a thread in it; what is asked for (?embed) stays. */
export function write(root, { channel, thread }, search = "") {
  const address = new URL(thread ? `${channel}/${thread}` : channel, root);
  address.search = search;
  return address.href;
}
